"""Failures by cause."""

from datetime import UTC, datetime, timedelta

import pytest

from scripts.dead_letters.dead_letter import CRASHED, Cause
from scripts.dead_letters.find import Listing
from scripts.dead_letters.reader import Summary
from scripts.executions.find import Execution, FoundExecutions
from scripts.executions.origins import Origin
from scripts.issues.cause import IssueSource
from scripts.issues.failures import FailureGroup, failures_of_dead_letters, failures_of_executions

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RECEIVED = NOW - 9 * HOUR


def summary(id_: str, cause: Cause, received_at: datetime = RECEIVED) -> Summary:
    """Return the summary of a dead letter."""
    return Summary(id_, id_, id_, "LOAN", "", "", "alma", cause, received_at, NOW + HOUR, 0, is_edited=False)


def grouped(*summaries: Summary) -> list[FailureGroup]:
    """Return the groups of these dead letters."""
    listing = Listing([*summaries], len(summaries), len(summaries) + 1, 0, 0, 0)
    found = failures_of_dead_letters(listing, IssueSource.webhooks, NOW)
    assert (found.seen, found.about) == (len(summaries), len(summaries) + 1)
    return [*found.groups.values()]


def only(cause: Cause, received_at: datetime = RECEIVED) -> FailureGroup:
    """Return the group of one dead letter."""
    [group] = grouped(summary("r1", cause, received_at))
    return group


def failed_at(at: str) -> Cause:
    return Cause("template", route="loans", at=at)


def test_four_hundred_dead_letters_of_a_cause_are_one_group() -> None:
    """The latest is the example, and the times are those of the failures."""
    many = [summary(f"r{number}", failed_at(f"2026-11-24T0{number % 10}:00:00Z")) for number in range(400)]
    [group] = grouped(*many)
    assert (len(group.times), group.example) == (400, "r399")
    assert (group.first_seen.hour, group.last_seen.hour) == (0, 9)
    assert len(grouped(*many, summary("x", Cause("template", route="jobs")))) == 2


@pytest.mark.parametrize("at", ["", "yesterday", "2026-11-24T03:00:00", "2027-01-01T00:00:00Z"])
def test_without_a_valid_time_the_time_received_counts(at: str) -> None:
    """Those of a crash have none; one without a zone, or in the future, is forged."""
    assert only(failed_at(at)).last_seen == RECEIVED
    assert only(Cause(CRASHED)).last_seen == RECEIVED


def test_a_time_does_not_depend_on_when_it_is_read() -> None:
    """Clocks differ, so minutes ahead are kept; a time received that is forged is that of the queue."""
    assert only(failed_at("2026-11-24T12:01:00Z")).last_seen == NOW + timedelta(minutes=1)
    assert only(Cause(CRASHED), NOW + HOUR).last_seen == NOW + HOUR - timedelta(days=14)
    assert only(Cause(CRASHED), datetime(1, 1, 1, tzinfo=UTC)).last_seen == datetime(1970, 1, 1, tzinfo=UTC)


def test_times_are_in_milliseconds() -> None:
    """The table has no more, and a failure must not be later than itself."""
    assert only(failed_at("2026-11-24T01:00:00.123456Z")).last_seen.microsecond == 123_000


def test_executions_are_grouped_with_the_receipt_ids_of_their_events() -> None:
    """Without a known event the name of the execution is the example."""
    one = Execution("a1", "pod", "pod-1", "FAILED", "E", "Ana", NOW, NOW, 0, "")
    others = [one._replace(arn="a2", name="pod-2", stopped_at=NOW - HOUR), one._replace(arn="a3", status="TIMED_OUT")]
    found = failures_of_executions(
        FoundExecutions([one, *others], ["denied"]), {"a1": Origin("r1", "JOB_END", "", "pod")}
    )
    assert found.problems == ("denied",)
    assert [(len(each.times), each.example) for each in found.groups.values()] == [(2, "r1"), (1, "pod-1")]
