"""Test that profiles that are no longer served but have a secret are named with both ways out."""

from scripts.doctor.retired import checks
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNHEALTHY, WARNING, found


def put(subject: Subject, *places: str) -> None:
    for place in places:
        subject.scope.aws.ssm.put_parameter(Name=f"/alma-webhooks/{place}", Value="invented", Type="SecureString")


def retiring(subject: Subject, names: str) -> Subject:
    parameters = subject.pipeline.parameters | {"RetiredProfiles": names}
    return subject._replace(pipeline=subject.pipeline._replace(parameters=parameters))


def test_f56_a_retired_profile_is_a_warning_with_both_ways_out(subject: Subject) -> None:
    """Served profiles and those of other stages are not reported."""
    put(subject, "dev/alma/secret", "dev/gone/secret", "stg/other/secret")
    [finding] = found(checks, retiring(subject, "gone"))
    assert (finding.state, finding.message[:39]) == (WARNING, "gone has a secret but is not served: it")
    assert finding.fix == (
        "alma-webhooks deploy --alma-profile gone --stage dev, or: alma-webhooks secret delete gone --stage dev"
    )


def test_f56_a_profile_unknown_to_the_listener_is_unhealthy(subject: Subject) -> None:
    """Its path answers 404, and events are lost; it was deployed by other means, or its secret is newer."""
    put(subject, "dev/gone/secret", "dev/old/previous-secret")
    findings = found(checks, retiring(subject, "gone"))
    assert [each.state for each in findings] == [WARNING, UNHEALTHY]
    assert findings[1].message.startswith("old has a secret but is not served: it answers 404")


def test_a_stack_that_serves_all_profiles_is_healthy(subject: Subject) -> None:
    """One line shows that the check ran."""
    put(subject, "dev/alma/secret")
    assert [each.state for each in found(checks, subject)] == [OK]
