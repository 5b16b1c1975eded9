"""The state of an issue, decided when it is read."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from scripts.cli.exit_codes import FailedError
from scripts.issues.cause import IssueCause, IssueSource
from scripts.issues.failures import FailureGroup, FoundFailures
from scripts.issues.issue import Issue, IssueListing, KnownStates
from scripts.issues.store import IssueRecord, IssueState

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CAUSE = IssueCause(IssueSource.webhooks, "template", "loans")
OTHER = IssueCause(IssueSource.executions, state_machine="pod", status="FAILED")


def group(*times: datetime, cause: IssueCause = CAUSE) -> FailureGroup:
    return FailureGroup(cause, times, "r1")


def record(state: IssueState, last_seen: datetime = AT, cause: IssueCause = CAUSE) -> IssueRecord:
    first_seen, changed_at = AT - 9 * HOUR, AT + HOUR
    return IssueRecord(cause, 3, state, "asked IT", "arn", changed_at, first_seen, last_seen, 7, "r0")


def listing_of(found: Sequence[FoundFailures], records: Mapping[str, IssueRecord], *notices: str) -> IssueListing:
    return KnownStates(AT, records, notices=notices).listing(found)


def test_nobody_has_set_a_state() -> None:
    """The issue is open, and has what its failures have."""
    issue = Issue(CAUSE, group(AT - HOUR, AT), None)
    assert (issue.state, issue.is_reopened, issue.count, issue.revision, issue.note) == (
        IssueState.open,
        False,
        2,
        0,
        "",
    )
    assert (issue.first_seen, issue.last_seen, issue.example) == (AT - HOUR, AT, "r1")


@pytest.mark.parametrize("state", [IssueState.acknowledged, IssueState.resolved])
def test_an_issue_is_reopened_by_a_later_failure_only(state: IssueState) -> None:
    """Those that were known when the state was set do not count, however many are left."""
    same = Issue(CAUSE, group(AT - HOUR, AT), record(state))
    assert (same.state, same.is_reopened, same.recurred) == (state, False, 0)
    recurred = Issue(CAUSE, group(AT, AT + timedelta(milliseconds=1), AT + HOUR), record(state))
    assert (recurred.state, recurred.is_reopened, recurred.recurred) == (IssueState.open, True, 2)
    assert recurred.note == "asked IT"


def test_an_open_issue_is_not_reopened() -> None:
    """An operator has set it to open."""
    assert not Issue(CAUSE, group(AT + HOUR), record(IssueState.open)).is_reopened


def test_an_issue_without_failures_is_known_by_its_record() -> None:
    """Its dead letters were replayed or discarded; it has no counts."""
    issue = Issue(CAUSE, None, record(IssueState.resolved))
    assert (issue.state, issue.count, issue.example) == (IssueState.resolved, 0, "r0")
    assert (issue.first_seen, issue.last_seen, issue.counts.intervals) == (AT - 9 * HOUR, AT, ())


def test_the_first_time_is_kept_when_its_dead_letter_is_gone() -> None:
    """The earliest and the latest of both count."""
    issue = Issue(CAUSE, group(AT + HOUR), record(IssueState.acknowledged))
    assert (issue.first_seen, issue.last_seen) == (AT - 9 * HOUR, AT + HOUR)


def test_a_listing_joins_all_sources_with_the_records() -> None:
    """The largest issue is first; totals and problems are those of all sources."""
    found = [
        FoundFailures({CAUSE.key: group(AT)}, 1, 2),
        FoundFailures({OTHER.key: group(AT, AT, cause=OTHER)}, problems=("denied",)),
    ]
    gone = IssueCause(IssueSource.notifications, "refused")
    records = {each.cause.key: each for each in (record(IssueState.resolved), record(IssueState.resolved, cause=gone))}
    listing = listing_of(found, records, "notice")
    assert [each.cause for each in listing.issues] == [OTHER, CAUSE, gone]
    assert (listing.seen, listing.about, listing.problems, listing.notices) == (1, 2, ("denied",), ("notice",))
    assert listing.is_partial
    assert [each.cause for each in listing.with_states([IssueState.resolved])] == [CAUSE, gone]
    assert listing.with_states([]) == listing.issues
    assert listing.find(gone.key).cause == gone
    with pytest.raises(FailedError, match="Issue x not found"):
        listing.find("x")


def test_a_complete_listing_is_not_partial() -> None:
    """All dead letters were seen, and nothing failed."""
    assert not listing_of([FoundFailures({}, 2, 2)], {}).is_partial
