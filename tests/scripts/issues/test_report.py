"""What people read about issues."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import typer

from scripts.issues import report
from scripts.issues.cause import IssueCause, IssueSource
from scripts.issues.failures import FailureGroup, FoundFailures
from scripts.issues.issue import Issue, IssueListing, KnownStates
from scripts.issues.store import IssueRecord, IssueState
from scripts.main import app

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
CAUSE = IssueCause(IssueSource.webhooks, "template", "loans", "topic:loan-created", "message")
EXECUTION = IssueCause(IssueSource.executions, state_machine="pod", status="FAILED", error="E")
MAIL = IssueCause(IssueSource.notifications, "refused", target="email:team@library+jobs")
GROUP = FailureGroup(CAUSE, [AT, AT - timedelta(hours=1), AT], "r1")


def listing_of(found: Sequence[FoundFailures], records: Mapping[str, IssueRecord], *notices: str) -> IssueListing:
    return KnownStates(AT, records, notices=notices).listing(found)


def issue(state: IssueState | None = None, last_seen: datetime = AT, cause: IssueCause = CAUSE) -> Issue:
    changed_at = AT + timedelta(hours=1)
    record = IssueRecord(cause, 1, state, "asked IT", "arn:me", changed_at, AT, last_seen, 2, "r0") if state else None
    return Issue(cause, GROUP, record)


def test_a_reopened_issue_is_shown_with_its_note_and_counts() -> None:
    """The state says why it is open."""
    shown = [*report.show_lines(issue(IssueState.resolved, AT - timedelta(minutes=1)), "--stage prod")]
    assert shown == [
        f"{CAUSE.key}  reopened",
        "  cause          template, route loans, target topic:loan-created, field message",
        "  now            3 dead letters",
        "  seen           first 2026-11-24T11:00:00.000Z, last 2026-11-24T12:00:00.000Z",
        "  per hour       2026-11-24 11: 1, 2026-11-24 12: 2",
        "  example        r1",
        "  changed        2026-11-24T13:00:00.000Z by arn:me, with 2 failures then",
        "  note           asked IT",
        "  to list them   alma-webhooks dead-letters list --cause template --route loans --target topic:loan-created "
        "--stage prod",
    ]


def test_an_issue_without_failures_has_no_counts() -> None:
    """Nobody has set a note either."""
    gone = Issue(EXECUTION, None, IssueRecord(EXECUTION, 1, IssueState.resolved, "", "arn", AT, AT, AT, 1, "r0"))
    shown = [*report.show_lines(gone, "")]
    assert shown[1:3] == ["  cause          FAILED E, state machine pod", "  now            0 executions"]
    assert not any(line.strip().startswith(("per", "note")) for line in shown)


def test_nothing_moves_the_cursor() -> None:
    """A cause and a note may have control characters."""
    evil = IssueCause(IssueSource.webhooks, "a\x1b[2J", "b\u202e", "c\nd")
    found = issue(IssueState.acknowledged, cause=evil)
    data = report.as_data(listing_of([FoundFailures({evil.key: FailureGroup(evil, [AT], "\x07")}, 1, 1)], {}), [])
    for line in [*report.show_lines(found, ""), *report.lines(data, None), *report.changed_lines(found)]:
        assert line.isprintable(), line


@pytest.mark.parametrize(
    "cause", [CAUSE, EXECUTION, MAIL, CAUSE._replace(category="crashed", route="", target="a; $(b)")]
)
def test_the_command_that_lists_the_failures_parses(cause: IssueCause) -> None:
    """It can be pasted: the flags exist, and values are quoted."""
    program, group, name, *words = shlex.split(report.listing_command(cause, "--stage prod"))
    assert (program, name) == ("alma-webhooks", "list")
    commands = typer.main.get_command(app).commands[group].load().commands  # type: ignore[attr-defined] # a group of Typer
    params = commands[name].make_context(name, words).params
    if cause.is_of_executions:
        assert (params["state_machines"], [str(each) for each in params["statuses"]]) == (["pod"], ["FAILED"])
    else:
        assert (params["causes"], params["targets"] or [""]) == ([cause.category], [cause.target])


def test_the_table_has_a_row_for_each_issue_and_the_number_by_state() -> None:
    """A wide terminal shows all columns."""
    other = FailureGroup(EXECUTION, [AT], "pod-1")
    records = {CAUSE.key: IssueRecord(CAUSE, 1, IssueState.resolved, "", "arn", AT, AT, AT, 1, "r0")}
    listing = listing_of([FoundFailures({CAUSE.key: GROUP}, 3, 5), FoundFailures({EXECUTION.key: other})], records)
    lines = [*report.lines(report.as_data(listing, []), None)]
    assert lines[0].split()[:5] == ["key", "state", "count", "cause", "route"]
    assert lines[1].split()[:7] == [CAUSE.key, "resolved", "3", "template", "loans", "topic:loan-created", "message"]
    assert "open          1  FAILED E  -      state_machine:pod" in lines[2]
    assert lines[3:] == [
        "",
        "issues: 1 open, 1 resolved",
        "3 of about 5 dead letters seen, so the counts are at least those",
    ]
    assert "columns left out: field, first seen" in "".join(report.lines(report.as_data(listing, []), 100))


def test_without_issues_the_list_says_so() -> None:
    """And a filter without a match still counts the others."""
    empty = listing_of([], {})
    assert [*report.lines(report.as_data(empty, []), 80)] == ["No issues."]
    listing = listing_of([FoundFailures({CAUSE.key: GROUP}, 3, 3)], {})
    assert [*report.lines(report.as_data(listing, [IssueState.resolved]), 80)] == ["issues: 1 open"]


def test_after_a_change_the_state_is_printed() -> None:
    """A resolved issue may still have dead letters, which stay."""
    assert [*report.changed_lines(issue(IssueState.acknowledged))] == [f"{CAUSE.key}  acknowledged"]
    assert [*report.changed_lines(issue(IssueState.resolved))] == [f"{CAUSE.key}  resolved; 3 dead letters left"]
