"""Test that every group of checks runs, in order, and that a failing check does not stop the others."""

from functools import partial

import pytest
from botocore.stub import Stubber

from scripts.doctor import examination, queues, stack_checks
from scripts.doctor.examination import examine
from scripts.doctor.finding import Check, Finding
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNKNOWN


def test_a_failing_check_does_not_stop_the_others(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queues are checked although an earlier check is denied."""

    def seen(subject: Subject) -> list[Finding]:
        assert subject.sibling("observability")
        return []

    class Denied:
        @staticmethod
        def checks(subject: Subject) -> list[Check]:
            return [Check("alarms", partial(seen, subject))]

    monkeypatch.setattr(examination, "_GROUPS", (Denied, queues))
    with Stubber(subject.scope.aws.cloudformation) as stub:
        stub.add_client_error("describe_stacks", "AccessDenied")
        findings = examine(subject)
    assert [(finding.check, finding.state) for finding in findings] == [
        ("alarms", UNKNOWN),
        ("queue", OK),
        ("dead letters", OK),
    ]


def test_findings_are_in_the_order_of_the_checks(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The duration of the checks does not matter."""
    monkeypatch.setattr(examination, "_GROUPS", (queues, stack_checks))
    assert [finding.check for finding in examine(subject)] == ["queue", "dead letters", "stack", "clock"]
