"""How long the cache keeps what it stores, and which events are too old for it.

A late event can undo a return only if the tombstone is gone. So a tombstone outlives every way by which an event of its
time can still arrive, and older events are not applied.
"""

from typing import Final

from processor.errors import Permanent

_DAY_SECONDS: Final = 86_400

# The ways of an event, in days. A test compares them with the templates and with the product.
ALMA_RETRIES_DAYS: Final = 1  # "Webhooks", Ex Libris Developer Network: the fourth attempt is ten hours after the first
WEBHOOK_QUEUE_DAYS: Final = 4  # MessageRetentionPeriod of WebhookQueue, pipeline.yaml
DEAD_LETTER_DAYS: Final = 14  # MessageRetentionPeriod of DeadLetterQueue, pipeline.yaml
LOAN_QUEUE_DAYS: Final = 4  # MessageRetentionPeriod of LoanQueue, cache.yaml
LOAN_DEAD_LETTER_DAYS: Final = 14  # MessageRetentionPeriod of LoanDeadLetterQueue, cache.yaml
REPLAY_DAYS: Final = 90  # processor.deliveries.KEPT_SECONDS: until then, the product knows an event that comes again

APPLIED_DAYS: Final = (
    ALMA_RETRIES_DAYS + WEBHOOK_QUEUE_DAYS + DEAD_LETTER_DAYS + LOAN_QUEUE_DAYS + LOAN_DEAD_LETTER_DAYS + REPLAY_DAYS
)
KEPT_DAYS: Final = APPLIED_DAYS + 1  # a day more, because clocks differ
FILLED_DAYS: Final = 30  # then Alma is asked again, in case events were lost

# Alma's clock may be ahead by this much. An event from a later time would hide all events until then.
MOST_AHEAD_SECONDS: Final = 300

# "Using time to live (TTL) in DynamoDB", Amazon DynamoDB Developer Guide: seconds since 1970. A time in milliseconds is
# far outside of this range; DynamoDB would never delete its item.
_FIRST_SECOND: Final = 978_307_200  # 2001-01-01
_LAST_SECOND: Final = 4_102_444_800  # 2100-01-01

# DynamoDB deletes "within a few days" (the same page). What is still there a week later was never going to be deleted.
OVERDUE_SECONDS: Final = 7 * _DAY_SECONDS


def expires_at(time_ms: int, days: int = KEPT_DAYS) -> int:
    """Return the time to live of an item, in seconds since 1970: these days after a time in milliseconds.

    Every item of the cache has its time to live from here. Raise ValueError if it is outside of 2001 to 2100.
    """
    seconds = -(-time_ms // 1000) + days * _DAY_SECONDS
    if not _FIRST_SECOND <= seconds < _LAST_SECOND:
        raise ValueError("the time to live is not between 2001 and 2100: it must be computed from milliseconds")
    return seconds


def is_too_old(time_ms: int, now: float) -> bool:
    """Return whether an event of this time is not applied: what is newer may have expired already."""
    return time_ms / 1000 < now - APPLIED_DAYS * _DAY_SECONDS


def check_not_ahead(time_ms: int, now: float) -> None:
    """Raise Permanent (refused) for an event from the future."""
    if time_ms / 1000 > now + MOST_AHEAD_SECONDS:
        raise Permanent("refused", f"The event's time is more than {MOST_AHEAD_SECONDS} s in the future.", field="time")
