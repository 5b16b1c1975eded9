"""Profiles that were taken away and still have a secret: the doctor names each, with both ways to end it."""

from scripts.doctor.retired import checks
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import BAD, OK, WARNING, found


def put(subject: Subject, *places: str) -> None:
    for place in places:
        subject.scope.aws.ssm.put_parameter(Name=f"/alma-webhooks/{place}", Value="invented", Type="SecureString")


def retiring(subject: Subject, names: str) -> Subject:
    parameters = subject.pipeline.parameters | {"RetiredProfiles": names}
    return subject._replace(pipeline=subject.pipeline._replace(parameters=parameters))


def test_f56_a_retired_profile_is_a_warning_with_both_ways_out(subject: Subject) -> None:
    """Served profiles and those of other stages are none."""
    put(subject, "dev/alma/secret", "dev/gone/secret", "stg/other/secret")
    [finding] = found(checks, retiring(subject, "gone"))
    assert (finding.state, finding.message[:39]) == (WARNING, "gone has a secret but is not served: it")
    assert finding.fix == (
        "alma-webhooks deploy --alma-profile gone --stage dev, or: alma-webhooks secret delete gone --stage dev"
    )


def test_f56_a_profile_that_the_listener_does_not_know_is_bad(subject: Subject) -> None:
    """DeployedStack by other means, or its secret was stored since: the path answers 404, and events are lost."""
    put(subject, "dev/gone/secret", "dev/old/previous-secret")
    findings = found(checks, retiring(subject, "gone"))
    assert [each.state for each in findings] == [WARNING, BAD]
    assert findings[1].message.startswith("old has a secret but is not served: it answers 404")


def test_a_stack_that_serves_all_of_them_is_fine(subject: Subject) -> None:
    """One line, so that a reader sees that it was looked at."""
    put(subject, "dev/alma/secret")
    assert [each.state for each in found(checks, subject)] == [OK]
