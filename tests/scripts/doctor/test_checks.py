"""Test that every check runs, in order, and that a failing check does not stop the others."""

import pytest
from botocore.stub import Stubber

from scripts.doctor import checks, queues, stack_checks
from scripts.doctor.checks import checks_of, examine
from scripts.doctor.finding import Check, Finding
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNKNOWN

QUEUE = Check("queue", queues.webhook_queue)
CLOCK = Check("clock", stack_checks.clock)


def test_a_failing_check_does_not_stop_the_others(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue is checked although an earlier check is denied."""

    def seen(subject: Subject) -> list[Finding]:
        assert subject.sibling("observability")
        return []

    monkeypatch.setattr(checks, "checks_of", lambda _: [Check("alarms", seen), QUEUE])
    with Stubber(subject.scope.aws.cloudformation) as stub:
        stub.add_client_error("describe_stacks", "AccessDenied")
        findings = examine(subject)
    assert [(finding.check, finding.state) for finding in findings] == [("alarms", UNKNOWN), ("queue", OK)]


def test_findings_are_in_the_order_of_the_checks(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The duration of the checks does not matter."""
    monkeypatch.setattr(checks, "checks_of", lambda _: [QUEUE, CLOCK])
    assert [finding.check for finding in examine(subject)] == ["queue", "clock"]


def test_each_profile_has_checks_of_its_own(subject: Subject) -> None:
    """A profile whose secret may not be read does not hide the others."""
    names = [check.name for check in checks_of(subject)]
    assert names.count("secret") == names.count("listener") == len(subject.scope.profiles)
