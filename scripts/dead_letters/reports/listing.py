"""Output of `dead-letters list`: as JSON data, or as lines of text."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from scripts.cli.plural import plural
from scripts.cli.tables import Column, table
from scripts.cli.terminal import escape
from scripts.cli.times import milliseconds, rfc3339_of
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.list_ import CauseGroup, Listing, group_by_cause
from scripts.dead_letters.reader import Summary
from scripts.dead_letters.service import DeadLetterStore

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

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


def time_of(moment: datetime) -> str:
    """Return the time in RFC 3339, UTC."""
    return rfc3339_of(milliseconds(moment))


def cause_data(cause: Cause) -> dict[str, Any]:
    """Return a cause with the member names of the `failure` attribute; None for what is not known."""
    facts = {"class" if name == "category" else name: value for name, value in cause._asdict().items()}
    return {name: None if value == "" else value for name, value in facts.items()}


def summary_data(summary: Summary, now: datetime) -> dict[str, Any]:
    """Return a summary as JSON data."""
    names = ("id", "message_id", "action", "event", "institution", "profile")
    return {name: getattr(summary, name) or None for name in names} | {
        "cause": cause_data(summary.cause),
        "received_at": time_of(summary.received_at),
        "expires_at": time_of(summary.expires_at),
        "expires_in_seconds": max(0, round((summary.expires_at - now).total_seconds())),
        "replays": summary.replays,
        "edited": summary.is_edited,
    }


def as_data(dead_letters: DeadLetterStore, listing: Listing, *, grouped: bool) -> dict[str, Any]:
    """Return the listing as JSON data: every dead letter, or every group."""
    data: dict[str, Any] = {
        "stack": dead_letters.scope.stack.name,
        "read_at": time_of(dead_letters.now),
        "matching": len(listing.dead_letters),
        "seen": listing.seen,
        "about": listing.about,
        "held_by_others": listing.hidden,
        "copies": listing.twice,
        "not_judged_by_where": listing.unjudged,
    }
    if grouped:
        return data | {"groups": [_group_data(group) for group in group_by_cause(listing.dead_letters)]}
    return data | {"dead_letters": [summary_data(summary, dead_letters.now) for summary in listing.dead_letters]}


def _group_data(group: CauseGroup) -> dict[str, Any]:
    named = {"class": group.category, "route": group.route, "target": group.target, "field": group.field}
    return {name: value or None for name, value in named.items()} | {
        "count": group.size,
        "first_received_at": time_of(group.first),
        "last_received_at": time_of(group.last),
        "example": group.example,
    }


def lines(dead_letters: DeadLetterStore, listing: Listing, *, grouped: bool, width: int | None) -> Iterator[str]:
    """Yield the lines of text, at most `width` columns wide; with all columns for None."""
    if listing.dead_letters:
        columns, rows = _grouped(listing) if grouped else _listed(listing, dead_letters.now)
        made = table(columns, [[escape(cell) or "-" for cell in row] for row in rows], width)
        yield from made.lines
        yield ""
        if made.left_out:
            yield f"columns left out: {', '.join(made.left_out)}; a wider terminal or --output json shows them"
    yield from _counts(listing)


def _listed(listing: Listing, now: datetime) -> tuple[tuple[Column, ...], list[list[str]]]:
    return COLUMNS, [
        [
            summary.id,
            summary.event or summary.action,
            summary.institution,
            summary.cause.route,
            summary.cause.target,
            summary.cause.category,
            "" if summary.cause.attempts is None else str(summary.cause.attempts),
            _short(summary.received_at),
            time_left(summary.expires_at - now),
        ]
        for summary in listing.dead_letters
    ]


def _grouped(listing: Listing) -> tuple[tuple[Column, ...], list[list[str]]]:
    return GROUP_COLUMNS, [
        [f"{group.size:,}", *group[:4], _short(group.first), _short(group.last), group.example]
        for group in group_by_cause(listing.dead_letters)
    ]


def _counts(listing: Listing) -> Iterator[str]:
    found = len(listing.dead_letters)
    if not listing.seen and not listing.about:
        yield "No dead letters."
    elif not found:
        yield f"None of {plural(listing.seen, 'dead letter')} matches."
    else:
        yield plural(found, "dead letter")
    if listing.seen < listing.about:
        yield f"{listing.seen:,} of about {listing.about:,} seen; SQS counts are approximate" + (
            f", and another reader held about {listing.hidden:,} of them. Try again later" if listing.hidden else ""
        )
    if listing.twice:
        yield f"{plural(listing.twice, 'copy', 'copies')} of the same dead letters not shown"
    if listing.unjudged:
        lacking = plural(listing.unjudged, "dead letter lacks", "dead letters lack")
        yield f"{lacking} an event with the fields that --where names"


def time_left(left: timedelta) -> str:
    """Return the time before expiry as text, rounded down."""
    if left >= _DAY:
        return f"{left // _DAY} d {left % _DAY // _HOUR} h"
    if left >= _HOUR:
        return f"{left // _HOUR} h {left % _HOUR // timedelta(minutes=1)} min"
    return f"{left // timedelta(minutes=1)} min" if left > timedelta(0) else "any moment"


def _short(moment: datetime) -> str:
    return time_of(moment)[:16].replace("T", " ") + "Z"
