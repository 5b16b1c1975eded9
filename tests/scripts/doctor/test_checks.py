"""Test that every check runs, in order, and that a failing check does not stop the others."""

from datetime import timedelta

import pytest
from botocore.stub import Stubber

from scripts.doctor import checks, queues
from scripts.doctor.check import Check, Finding, Health, Subject
from scripts.doctor.checks import checks_of, run_checks
from tests.scripts.doctor.subjects import OK, UNHEALTHY, UNKNOWN, found

QUEUE = Check("queue", queues.webhook_queue)
CLOCK = Check("clock", checks.clock)


def test_a_failing_check_does_not_stop_the_others(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue is checked although an earlier check is denied."""

    def seen(subject: Subject) -> list[Finding]:
        assert subject.sibling("observability")
        return []

    monkeypatch.setattr(checks, "checks_of", lambda _: [Check("alarms", seen), QUEUE])
    with Stubber(subject.scope.aws.cloudformation) as stub:
        stub.add_client_error("describe_stacks", "AccessDenied")
        findings = run_checks(subject)
    assert [(finding.check, finding.state) for finding in findings] == [("alarms", UNKNOWN), ("queue", OK)]


def test_findings_are_in_the_order_of_the_checks(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The duration of the checks does not matter."""
    monkeypatch.setattr(checks, "checks_of", lambda _: [QUEUE, CLOCK])
    assert [finding.check for finding in run_checks(subject)] == ["queue", "clock"]


def test_each_profile_has_checks_of_its_own(subject: Subject) -> None:
    """A profile whose secret may not be read does not hide the others."""
    names = [check.name for check in checks_of(subject)]
    assert names.count("secret") == names.count("listener") == len(subject.scope.profiles)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATE_COMPLETE", OK),
        ("UPDATE_COMPLETE", OK),
        ("UPDATE_IN_PROGRESS", UNKNOWN),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", UNKNOWN),
        ("UPDATE_ROLLBACK_COMPLETE", UNHEALTHY),
        ("UPDATE_ROLLBACK_FAILED", UNHEALTHY),
    ],
)
def test_a_failed_deployment_is_unhealthy(subject: Subject, status: str, state: Health) -> None:
    """The previous version is running then."""
    [finding] = found(subject._replace(pipeline=subject.pipeline._replace(status=status)), "stack")
    assert finding.state is state
    assert status in finding.message
    assert (finding.fix == "alma-webhooks deploy --stage dev") == (state is UNHEALTHY)


@pytest.mark.parametrize(
    ("seconds", "state", "message"),
    [
        (0, OK, ""),
        (59, OK, ""),
        (-59, OK, ""),
        (61, UNHEALTHY, "61 s ahead of AWS"),
        (-3600, UNHEALTHY, "3600 s behind AWS"),
    ],
)
def test_a_wrong_clock_is_unhealthy(subject: Subject, seconds: int, state: Health, message: str) -> None:
    """The limit is a minute in either direction."""
    [finding] = found(subject._replace(local_time=subject.aws_time + timedelta(seconds=seconds)), "clock")
    assert finding.state is state
    assert message in finding.message
    assert bool(finding.fix) == (state is UNHEALTHY)
