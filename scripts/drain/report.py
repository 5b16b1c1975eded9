"""Format the drain of a queue, as JSON data and as text. Prints nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from scripts.cli.plural import plural
from scripts.cli.times import time_of
from scripts.drain.estimate import Drain, DrainEnd, Trend

_MINUTE: Final = timedelta(minutes=1)


def as_data(drain: Drain) -> dict[str, Any]:
    """Return the drain as JSON data; times are in UTC, and null where nothing is known."""
    end, faster = drain.end, drain.faster
    return {
        "waiting": drain.now.waiting,
        "in_flight": drain.now.in_flight,
        "retrying_at_least": drain.retrying,
        "trend": drain.trend.value,
        "empty_at": time_of(end.at) if end else None,
        "empty_earliest": time_of(end.earliest) if end else None,
        "empty_latest": time_of(end.latest) if end and end.latest else None,
        "measured_seconds": int(drain.measured.total_seconds()),
        "falling_per_minute": round(drain.per_second * 60, 1),
        "concurrency": drain.workers.concurrency,
        "higher_concurrency": faster.concurrency if faster else None,
        "empty_at_higher_concurrency": time_of(faster.at) if faster and faster.at else None,
        "problem": drain.problem or None,
    }


def text(drain: Drain, zone: tzinfo | None = None) -> str:
    """Return the drain as one text, with times of this zone, by default the local one.

    An example: "412 waiting, empty at about 14:32 (14:28 to 14:41, measured for 6 min); at concurrency 100 at about
    14:20, if the targets keep up".
    """
    return "; ".join(clauses(drain, zone))


def clauses(drain: Drain, zone: tzinfo | None = None) -> Iterator[str]:
    """Yield the parts of the text, the most important first."""
    yield f"{drain.now.waiting:,} waiting, {_trend(drain, zone)}" if drain.now.waiting else "none waiting"
    if drain.faster and drain.faster.at:
        at = clock_text(drain.faster.at, drain.now.at, zone)
        yield f"at concurrency {drain.faster.concurrency} at about {at}, if the targets keep up"
    elif drain.faster and drain.workers.busy is not None and drain.trend is not Trend.empty:
        busy = f"about {drain.workers.busy:.0f} of {drain.workers.concurrency} at work"
        yield busy if drain.trend is Trend.growing else f"{busy}, so a higher concurrency would not help"
    if drain.retrying:
        yield f"at least {plural(drain.retrying, 'more waits', 'more wait')} for a retry, up to an hour"


def _trend(drain: Drain, zone: tzinfo | None) -> str:
    measured = f"measured for {_span(drain.measured)}"
    if drain.end:
        about = clock_text(drain.end.at, drain.now.at, zone)
        return f"empty at about {about} ({_range(drain.end, drain.now.at, zone)}, {measured})"
    match drain.trend:
        case Trend.growing:
            return f"growing by {-drain.per_second * 60:,.0f} a minute ({measured})"
        case Trend.unknown:
            return f"when it is empty is not known: {drain.problem}"
        case Trend.falling:
            return f"not empty within a day at this pace ({measured})"
        case _:
            return f"{drain.trend} ({measured})"


def _range(end: DrainEnd, now: datetime, zone: tzinfo | None) -> str:
    earliest = clock_text(end.earliest, now, zone)
    if end.latest is None:
        return f"{earliest} or much later"
    latest = clock_text(end.latest, now, zone)
    return f"{earliest} to {latest}" if latest != earliest else "within a minute"


def clock_text(at: datetime, now: datetime, zone: tzinfo | None) -> str:
    """Return a time of day, with Z if the zone is UTC, and with the day if that is not the present one."""
    local = at.astimezone(zone)
    suffix = "Z" if zone is UTC else ""
    is_today = local.date() == now.astimezone(zone).date()
    return local.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M") + suffix


def _span(length: timedelta) -> str:
    return f"{length // _MINUTE} min" if length >= 2 * _MINUTE else f"{length.total_seconds():.0f} s"
