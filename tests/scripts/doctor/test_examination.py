"""The whole examination: every group of checks, in order, and a check that fails ends no other."""

from functools import partial

import pytest
from botocore.stub import Stubber

from scripts.doctor import examination, queues, stack_checks
from scripts.doctor.examination import examine
from scripts.doctor.finding import Check, Finding
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNKNOWN


def test_a_check_that_gets_no_answer_ends_no_other(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queues are there, and are asked although the one before may not be."""

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


def test_the_order_is_that_of_the_checks(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long each takes."""
    monkeypatch.setattr(examination, "_GROUPS", (queues, stack_checks))
    assert [finding.check for finding in examine(subject)] == ["queue", "dead letters", "stack", "clock"]
