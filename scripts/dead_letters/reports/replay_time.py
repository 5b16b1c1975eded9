"""Output of the time that a replay takes: as JSON data, or as lines."""

from collections.abc import Iterator
from datetime import timedelta, tzinfo

from scripts.cli.output import Data
from scripts.cli.times import time_of
from scripts.dead_letters.replay_time import WORTH_A_LINE, ReplayTime
from scripts.drain import report


def time_data(time: ReplayTime) -> Data:
    """Return the time of a replay as JSON data; `queue` is null for notifications, or if it could not be read."""
    return {
        "shortest_seconds": round(time.shortest.total_seconds(), 1),
        "longest_seconds": round(time.longest.total_seconds(), 1),
        "queue": report.as_data(time.look.drain) if time.look.drain else None,
        "empty_at": time_of(time.empty_at) if time.empty_at else None,
        "problem": time.look.problem or None,
    }


def time_lines(time: ReplayTime, zone: tzinfo | None = None) -> Iterator[str]:
    """Yield the time as lines, not escaped; none for a short replay to a queue without waiting events."""
    drain = time.look.drain
    waiting = drain is not None and drain.now.waiting > 0
    if time.shortest < WORTH_A_LINE and not waiting:
        return
    shortest, longest = _span(time.shortest), _span(time.longest)
    behind = f", up to {longest} while the queue is behind" if longest != shortest else ""
    yield f"sending takes {shortest} at {time.per_second:g} per second{behind}"
    if drain and waiting:
        yield f"webhook queue now: {report.text(drain, zone)}"
        if time.empty_at:
            yield f"with these, empty at about {report.clock_text(time.empty_at, drain.now.at, zone)} if begun now"
    elif time.look.problem:
        yield f"how many events wait is not known: {time.look.problem}"


def _span(length: timedelta) -> str:
    """Return a length in seconds, minutes or hours, rounded."""
    seconds = length.total_seconds()
    for unit, of_unit in (("h", 3600), ("min", 60)):
        if seconds >= 2 * of_unit:
            return f"about {seconds / of_unit:,.0f} {unit}"
    return f"about {max(1, seconds):.0f} s"
