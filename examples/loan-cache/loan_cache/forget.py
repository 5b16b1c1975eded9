"""Forgets one patron: deletes what the cache holds, and lists the copies that remain elsewhere, each with its last day.

A marker keeps later events, fills and replays from storing anything about the patron until it expires. By then every
earlier event is too old to be applied. Alma itself is not changed.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from ingest.envelope import rfc3339
from loan_cache.expiry import (
    DEAD_LETTER_DAYS,
    LOAN_DEAD_LETTER_DAYS,
    LOAN_QUEUE_DAYS,
    REPLAY_DAYS,
    WEBHOOK_QUEUE_DAYS,
)
from loan_cache.writer import Writer

# MessageRetentionPeriod of FillQueue and FillDeadLetterQueue, cache.yaml. A test compares them.
FILL_QUEUE_DAYS: Final = 10
FILL_DEAD_LETTER_DAYS: Final = 14

# "Using time to live (TTL) in DynamoDB", Amazon DynamoDB Developer Guide: items are deleted "within a few days".
TTL_DELAY_DAYS: Final = 7

# "Point-in-time backups for DynamoDB", Amazon DynamoDB Developer Guide.
BACKUP_DAYS: Final = 35


class Copies(NamedTuple):
    """Where copies of today can remain, what they hold, and for how many days at most."""

    place: str
    content: str
    days: int


# Without replays: an operator who replays dead letters starts the days of their queue anew.
_WAITING: Final = WEBHOOK_QUEUE_DAYS + LOAN_QUEUE_DAYS
ELSEWHERE: Final = (
    Copies("the pipeline's webhook queue", "events", WEBHOOK_QUEUE_DAYS),
    Copies("the pipeline's dead letters", "events", WEBHOOK_QUEUE_DAYS + DEAD_LETTER_DAYS),
    Copies("the pipeline's overflow bucket", "events too large for a message", WEBHOOK_QUEUE_DAYS + REPLAY_DAYS),
    Copies("the event queue of the cache", "events", _WAITING),
    Copies("the dead letters of the event queue", "events", _WAITING + LOAN_DEAD_LETTER_DAYS),
    Copies("the fill queue", "the id", FILL_QUEUE_DAYS),
    Copies("the dead letters of fills", "the id", FILL_QUEUE_DAYS + FILL_DEAD_LETTER_DAYS),
)


class Remaining(NamedTuple):
    """A place with copies, and the last time at which they can exist, in UTC."""

    place: str
    content: str
    until: datetime


class Forgotten(NamedTuple):
    """The result of `forget`: how many items were deleted, until when the marker works, and what remains."""

    deleted: int
    until: datetime
    remaining: list[Remaining]

    @property
    def members(self) -> dict[str, Any]:
        """The result as JSON members; times are RFC 3339 in UTC."""
        remaining = [{**each._asdict(), "until": _rfc3339(each.until)} for each in self.remaining]
        return {"deleted": self.deleted, "until": _rfc3339(self.until), "remaining": remaining}


def forget(writer: Writer, user: str, now: datetime) -> Forgotten:
    """Forget a user (as of `user_key`). Calling it again deletes what is left after an interruption.

    The marker comes first: an event that is stored after the deletion finds it. Raise Permanent (refused), Transient.
    """
    until = datetime.fromtimestamp(writer.users.mark_forgotten(user), UTC)
    deleted = writer.delete(user)
    marker = until + timedelta(days=TTL_DELAY_DAYS)
    here = [
        Remaining("the users table", "the id, as the marker", marker),
        Remaining("backups of the users table", "the id, as the marker", marker + timedelta(days=BACKUP_DAYS)),
    ]
    elsewhere = [Remaining(place, content, now + timedelta(days=days)) for place, content, days in ELSEWHERE]
    return Forgotten(deleted, until, [*here, *elsewhere])


def _rfc3339(moment: datetime) -> str:
    return rfc3339(moment.timestamp())
