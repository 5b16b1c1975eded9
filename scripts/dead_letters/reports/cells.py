"""Cells of the tables of `dead-letters list`: of what every dead letter has, and of notifications."""

from datetime import timedelta
from typing import Final

from scripts.cli.output import Data
from scripts.cli.tables import Column

NOTIFICATION_COLUMNS: Final = (
    Column("receipt id"),
    Column("topic", 3),
    Column("integration", 4),
    Column("service", 5),
    Column("cause"),
    Column("attempts", 6),
    Column("received", 2),
    Column("expires in", 1),
)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


def topic_path(topic: str) -> str:
    """Return `channel+topic` as people write it: `channel/topic`."""
    return topic.replace("+", "/", 1)


def shown_target(target: str) -> str:
    """Return a target for people: `slack:team@library/jobs`; another than that of a notification as it is."""
    integration, at, topic = target.rpartition("@")
    return f"{integration}{at}{topic_path(topic)}" if at else target


def notification_row(one: Data) -> list[str | None]:
    """Return the cells of NOTIFICATION_COLUMNS."""
    return [one["id"], topic_path(one["topic"] or ""), one["integration"], one["service"], *cause_and_times(one)]


def cause_and_times(one: Data) -> list[str | None]:
    """Return the cells that every dead letter has: cause, attempts, received, expires in."""
    cause = one["cause"]
    more = len(cause["others"]) + cause["others_omitted"]
    return [
        f"{cause['class']} +{more}" if more else cause["class"],
        None if cause["attempts"] is None else str(cause["attempts"]),
        short_time(one["received_at"]),
        time_left(timedelta(seconds=one["expires_in_seconds"])),
    ]


def time_left(left: timedelta) -> str:
    """Return the time before expiry as text, rounded down."""
    if left >= _DAY:
        return f"{left // _DAY} d {left % _DAY // _HOUR} h"
    if left >= _HOUR:
        return f"{left // _HOUR} h {left % _HOUR // timedelta(minutes=1)} min"
    return f"{left // timedelta(minutes=1)} min" if left > timedelta(0) else "any moment"


def short_time(time: str) -> str:
    """Return an RFC 3339 time to the minute."""
    return time[:16].replace("T", " ") + "Z"
