"""The cause of an issue and its key."""

from datetime import UTC, datetime
from typing import Any

import pytest

from scripts.dead_letters.dead_letter import Cause
from scripts.executions.find import Execution
from scripts.issues.cause import IssueCause, IssueSource

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
CAUSE = Cause("template", "field is missing", "loans", "topic:loan-created", "message", 1, "2026-11-20T03:00:00.000Z")
EXECUTION = Execution("arn", "pod", "pod-1", "FAILED", "States.TaskFailed", "Ana", AT, AT, 0, "")


def of(cause: Cause, source: IssueSource = IssueSource.webhooks) -> str:
    return IssueCause.of_dead_letter(cause, source).key


def test_free_text_and_times_do_not_count() -> None:
    """Dead letters of one cause have one key, also if their reasons, attempts and times differ."""
    other = CAUSE._replace(reason="another field is missing", attempts=8, at="2026-11-21T03:00:00.000Z")
    assert of(CAUSE) == of(other)
    assert len(of(CAUSE)) == 12
    execution = IssueCause.of_execution(EXECUTION)
    assert execution == IssueCause.of_execution(EXECUTION._replace(name="pod-2", cause="Bob", redrives=3))


@pytest.mark.parametrize("member", ["category", "route", "target", "field"])
def test_each_member_counts(member: str) -> None:
    """Another class, route, target or field is another issue, and so is another queue."""
    others: Any = {member: "other"}
    assert of(CAUSE) != of(CAUSE._replace(**others))
    assert of(CAUSE) != of(CAUSE, IssueSource.notifications)


def test_members_do_not_run_into_each_other() -> None:
    """The same text in other members are another cause."""
    assert of(Cause("a", route="bc")) != of(Cause("ab", route="c")) != of(Cause("a", target="bc"))


def test_the_key_is_stable() -> None:
    """Keys are stored and printed: another algorithm would lose the state of every issue."""
    expected = ("4ab8a9f2f8f6", "96beaca62815")  # pragma: allowlist secret -- keys of issues
    assert (of(CAUSE), IssueCause.of_execution(EXECUTION).key) == expected


def test_a_cause_is_described_by_class_and_target() -> None:
    """An execution has status and error instead."""
    cause, execution = IssueCause.of_dead_letter(CAUSE, IssueSource.webhooks), IssueCause.of_execution(EXECUTION)
    assert (cause.what, cause.where) == ("template", "topic:loan-created")
    assert (execution.what, execution.where) == ("FAILED States.TaskFailed", "state_machine:pod")


def test_text_is_parsed() -> None:
    """What is stored is the same cause again; anything else is an error."""
    for cause in IssueCause.of_dead_letter(CAUSE, IssueSource.webhooks), IssueCause.of_execution(EXECUTION):
        assert IssueCause.parse(cause.as_text()) == cause
    for text in "", "[]", "{}", '{"source": "other"}', '{"source": "webhooks", "new": "x"}':
        with pytest.raises(ValueError, match=r"."):
            IssueCause.parse(text)
