"""Output of `dead-letters list`, as JSON data or lines of text, and lines that the output of several commands has."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.cli.tables import Column, table_lines
from scripts.cli.terminal import escape
from scripts.cli.times import time_of
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.find import Listing
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reader import Summary
from scripts.dead_letters.reports import cells
from scripts.dead_letters.store import DeadLetterStore

SHOWN: Final = 20
"""The text lists this number of items; `--output json` has all."""


def count_of(dead_letters: int) -> str:
    """Return the number with its noun."""
    return plural(dead_letters, "dead letter")


def unseen_lines(data: Data) -> Iterator[str]:
    """Yield a line if fewer dead letters were seen than there are."""
    if data["seen"] < data["about"]:
        yield f"{data['seen']:,} of about {count_of(data['about'])} seen; another reader may hold the rest"


def unjudged_lines(unjudged: int) -> Iterator[str]:
    """Yield a line if `--where` could not be evaluated on some dead letters."""
    if unjudged:
        lacking = plural(unjudged, "dead letter lacks", "dead letters lack")
        yield f"{lacking} an event with the fields that --where names"


def first_of(texts: Sequence[str], name: str, names: str = "") -> Iterator[str]:
    """Yield the texts that are shown, escaped, then the number of the others, which are called this."""
    yield from map(escape, texts[:SHOWN])
    if (more := len(texts) - SHOWN) > 0:
        yield f"and {plural(more, name, names)}; --output json has all"


COLUMNS: Final = (
    Column("receipt id"),
    Column("event", 1),
    Column("institution", 8),
    Column("route", 5),
    Column("target", 4),
    Column("cause"),
    Column("attempts", 7),
    Column("received", 3),
    Column("expires in", 2),
)
GROUP_COLUMNS: Final = (
    Column("count"),
    Column("cause"),
    Column("route", 1),
    Column("target", 2),
    Column("field", 3),
    Column("first received", 5),
    Column("last received", 4),
    Column("example"),
)

_OF_OTHERS: Final = ("class", "route", "target", "field")


def cause_data(cause: Cause) -> Data:
    """Return a cause with the member names of the `failure` attribute; None for what is not known."""
    facts = {"class" if name == "category" else name: value for name, value in cause._asdict().items()}
    members = {name: None if value == "" else value for name, value in facts.items()}
    return members | {"others": [{name: cause_data(other)[name] for name in _OF_OTHERS} for other in cause.others]}


_OF_EVENT: Final = ("action", "event", "institution")
_OF_NOTIFICATION: Final = ("topic", "integration", "service")


def summary_data(summary: Summary, now: datetime, name: QueueName = QueueName.webhooks) -> Data:
    """Return a summary as JSON data."""
    of_what = _OF_NOTIFICATION if name == QueueName.notifications else _OF_EVENT
    names = ("id", "message_id", *of_what, "profile")
    return {
        **({"queue": str(name)} if name.is_of_part else {}),
        **{name: getattr(summary, name) or None for name in names},
        "cause": cause_data(summary.cause),
        "received_at": time_of(summary.received_at),
        "expires_at": time_of(summary.expires_at),
        "expires_in_seconds": max(0, round((summary.expires_at - now).total_seconds())),
        "replays": summary.replays,
        "edited": summary.is_edited,
    }


def as_data(dead_letters: DeadLetterStore, listing: Listing, *, grouped: bool) -> Data:
    """Return the listing as JSON data: every dead letter, or every group."""
    data: Data = {
        "stack": dead_letters.owner.stack.name,
        "read_at": time_of(dead_letters.now),
        "matching": len(listing.dead_letters),
        "seen": listing.seen,
        "about": listing.about,
        "held_by_others": listing.hidden,
        "copies": listing.twice,
        "not_judged_by_where": listing.unjudged,
    }
    if grouped:
        return data | {"groups": groups_by_cause(listing.dead_letters)}
    found = [summary_data(summary, dead_letters.now, dead_letters.queue_name) for summary in listing.dead_letters]
    return data | {"dead_letters": found}


def groups_by_cause(summaries: Iterable[Summary]) -> list[Data]:
    """Return the groups of summaries, which are sorted by time, with the same cause. The largest group is first.

    The reason is free text and does not count.
    """
    groups: dict[tuple[str, ...], list[Summary]] = {}
    for summary in summaries:
        cause = summary.cause
        groups.setdefault((cause.category, cause.route, cause.target, cause.field), []).append(summary)
    return [
        {name: value or None for name, value in zip(("class", "route", "target", "field"), key, strict=True)}
        | {
            "count": len(members),
            "first_received_at": time_of(members[0].received_at),
            "last_received_at": time_of(members[-1].received_at),
            "example": members[0].id,
        }
        for key, members in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    ]


def lines(data: Data, width: int | None, name: QueueName = QueueName.webhooks) -> Iterator[str]:
    """Yield the lines of text, at most `width` columns wide; with all columns for None."""
    columns: Sequence[Column] = COLUMNS
    if "groups" in data:
        columns, rows = GROUP_COLUMNS, map(_group_row, data["groups"])
    elif name == QueueName.notifications:
        columns, rows = cells.NOTIFICATION_COLUMNS, map(cells.notification_row, data["dead_letters"])
    else:
        rows = map(_row, data["dead_letters"])
    if data["matching"]:
        yield from table_lines(columns, rows, width)
    yield from _counts(data)


def _row(one: Data) -> list[str | None]:
    cause = one["cause"]
    names = [one["id"], one["event"] or one["action"], one["institution"], cause["route"], cause["target"]]
    return [*names, *cells.cause_and_times(one)]


def _group_row(group: Data) -> list[str | None]:
    cause = [group["class"], group["route"], cells.shown_target(group["target"] or ""), group["field"]]
    received = [cells.short_time(group[name]) for name in ("first_received_at", "last_received_at")]
    return [f"{group['count']:,}", *cause, *received, group["example"]]


def _counts(data: Data) -> Iterator[str]:
    found, seen, about, hidden = (data[name] for name in ("matching", "seen", "about", "held_by_others"))
    if not seen and not about:
        yield "No dead letters."
    elif not found:
        yield f"None of {count_of(seen)} matches."
    else:
        yield count_of(found)
    if seen < about:
        yield f"{seen:,} of about {about:,} seen; SQS counts are approximate" + (
            f", and another reader held about {hidden:,} of them. Try again later" if hidden else ""
        )
    if data["copies"]:
        yield f"{plural(data['copies'], 'copy', 'copies')} of the same dead letters not shown"
    yield from unjudged_lines(data["not_judged_by_where"])
