"""Format issues as JSON data and as lines of text. Prints nothing."""

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import Final

from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.cli.tables import Column, table_lines
from scripts.cli.terminal import escape
from scripts.cli.times import time_of
from scripts.dead_letters.reports.cells import shown_target
from scripts.issues.cause import IssueCause, IssueSource
from scripts.issues.issue import Issue, IssueListing
from scripts.issues.store import IssueState

COLUMNS: Final = (
    Column("key"),
    Column("state", 1),
    Column("count", is_number=True),
    Column("cause"),
    Column("route", 4),
    Column("target", 3),
    Column("field", 6),
    Column("first seen", 7),
    Column("last seen", 2),
    Column("example", 5),
)
_LABEL: Final = 15
_FAILURES: Final = {
    IssueSource.webhooks: ("dead letter", "dead letters"),
    IssueSource.notifications: ("dead letter of a notification", "dead letters of notifications"),
    IssueSource.executions: ("execution", "executions"),
}


def issue_data(issue: Issue) -> Data:
    """Return an issue as JSON data; null for what does not apply or is not known."""
    cause, record, counts = issue.cause, issue.record, issue.counts
    return {
        "key": issue.key,
        "state": str(issue.state),
        "reopened": issue.is_reopened,
        "recurred": issue.recurred,
        "source": str(cause.source),
        "cause": _cause_data(cause),
        "count": issue.count,
        "first_seen": time_of(issue.first_seen),
        "last_seen": time_of(issue.last_seen),
        "example": issue.example,
        "counts": {
            "per": str(counts.per),
            "intervals": [{"begin": time_of(begin), "count": count} for begin, count in counts.intervals],
        },
        "note": issue.note or None,
        "changed_by": record and record.changed_by,
        "changed_at": record and time_of(record.changed_at),
        "count_when_changed": record and record.count,
        "revision": issue.revision,
    }


def as_data(listing: IssueListing, states: Sequence[IssueState]) -> Data:
    """Return the issues with these states as JSON data, and the number of all issues by state."""
    return {
        "issues": [issue_data(issue) for issue in listing.with_states(states)],
        "states": {str(state): len(listing.with_states([state])) for state in IssueState},
        "seen": listing.seen,
        "about": listing.about,
        "notices": list(listing.notices),
        "problems": list(listing.problems),
    }


def lines(data: Data, width: int | None) -> Iterator[str]:
    """Yield a table of the issues, at most `width` columns wide, and their number by state."""
    if data["issues"]:
        yield from table_lines(COLUMNS, map(_row, data["issues"]), width)
    counts = [f"{count:,} {state}" for state, count in data["states"].items() if count]
    yield f"issues: {', '.join(counts)}" if counts else "No issues."
    if data["seen"] < data["about"]:
        yield f"{data['seen']:,} of about {plural(data['about'], 'dead letter')} seen, so the counts are at least those"


def show_lines(issue: Issue, options: str) -> Iterator[str]:
    """Yield the lines of one issue, with the command that lists its failures."""
    data, record = issue_data(issue), issue.record
    yield f"{issue.key}  {_state(data)}"
    yield _line("cause", _sentence(issue.cause))
    yield _line("now", plural(issue.count, *_FAILURES[issue.cause.source]))
    yield _line("seen", f"first {data['first_seen']}, last {data['last_seen']}")
    if data["counts"]["intervals"]:
        yield _line(f"per {data['counts']['per']}", _counts(data))
    yield _line("example", issue.example)
    if record:
        yield _line(
            "changed", f"{data['changed_at']} by {record.changed_by}, with {plural(record.count, 'failure')} then"
        )
    if issue.note:
        yield _line("note", issue.note)
    yield _line("to list them", listing_command(issue.cause, options))


def changed_lines(issue: Issue) -> Iterator[str]:
    """Yield the lines after a change."""
    left = f"; {plural(issue.count, *_FAILURES[issue.cause.source])} left" if issue.count else ""
    yield f"{issue.key}  {issue.state}{left if issue.state is IssueState.resolved else ''}"


def listing_command(cause: IssueCause, options: str) -> str:
    """Return the command that lists the failures of an issue; `options` select the stack."""
    name = "executions" if cause.is_of_executions else "dead-letters"
    flags = [f"--{flag.replace('_', '-')} {quote(escape(value))}" for flag, value in cause.filters.items()]
    return " ".join([f"alma-webhooks {name} list", *flags, options])


def _cause_data(cause: IssueCause) -> Data:
    members = {"class" if name == "category" else name: value or None for name, value in cause._asdict().items()}
    del members["source"]
    return members


def _row(data: Data) -> list[str | None]:
    cause = data["cause"]
    what = f"{cause['status']} {cause['error'] or ''}".rstrip() if cause["status"] else cause["class"]
    where = f"state_machine:{cause['state_machine']}" if cause["state_machine"] else shown_target(cause["target"] or "")
    seen = [f"{data[name][:16].replace('T', ' ')}Z" for name in ("first_seen", "last_seen")]
    return [
        data["key"],
        _state(data),
        f"{data['count']:,}",
        what,
        cause["route"],
        where,
        cause["field"],
        *seen,
        data["example"],
    ]


def _state(data: Data) -> str:
    return "reopened" if data["reopened"] else str(data["state"])


def _sentence(cause: IssueCause) -> str:
    """Return the cause in words."""
    if cause.is_of_executions:
        return f"{cause.what}, state machine {cause.state_machine}"
    parts = {"route": cause.route, "target": shown_target(cause.target), "field": cause.field}
    return ", ".join([cause.category, *(f"{name} {value}" for name, value in parts.items() if value)])


def _counts(data: Data) -> str:
    size = 13 if data["counts"]["per"] == "hour" else 10
    found = [f"{each['begin'][:size].replace('T', ' ')}: {each['count']:,}" for each in data["counts"]["intervals"]]
    return ", ".join(found)


def _line(label: str, text: str) -> str:
    return escape(f"  {label:<{_LABEL}}{text}")
