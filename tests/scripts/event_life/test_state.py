"""The state of an event, by its log lines and its dead letter."""

from typing import Any

import pytest

from scripts.event_life.state import (
    EventState,
    logged_cause,
    may_change,
    may_have_dead_notification,
    needs_dead_letter,
    state_of,
)
from scripts.request_trace.log_line import LogLine

LOGS = {"accepted": "ingest", "retry": "processor", "outcome": "processor"}
NOW = 10_000_000_000


def line(message: str, log: str = "", **members: Any) -> LogLine:
    return LogLine(0, log or LOGS.get(message, "audit"), {"message": message, **members})


def lines(*found: LogLine) -> list[LogLine]:
    return [each._replace(at=NOW - 1000 + number) for number, each in enumerate(found)]


ACCEPTED = line("accepted")
RETRY = line("retry", failure={"class": "transient"})
DEAD = line("outcome", outcome="dead", failure={"class": "no-target", "reason": "gone"})
DELIVERED = line("outcome", outcome="delivered", deliveries=[{"target": "topic:loans", "outcome": "delivered"}])
NOTIFIED = line(
    "outcome",
    outcome="delivered",
    deliveries=[{"target": "notification:library/jobs", "outcome": "delivered", "queued": 1}],
)
REPLAYED = line("replayed", result="done")
DISCARDED = line("discarded", result="deleted")
POSTED = line("queued", "producer", queued=1)
SENT = line("outcome", "sender", outcome="accepted")
NOT_SENT = line("outcome", "sender", outcome="dead")


@pytest.mark.parametrize(
    ("found", "state"),
    [
        ((), EventState.unknown),
        ((ACCEPTED,), EventState.waiting),
        ((ACCEPTED, RETRY), EventState.retrying),
        ((ACCEPTED, RETRY, DELIVERED), EventState.delivered),
        ((ACCEPTED, NOTIFIED), EventState.queued),
        ((ACCEPTED, line("outcome", outcome="ignored")), EventState.ignored),
        ((ACCEPTED, line("outcome", outcome="strange")), EventState.unknown),
        ((ACCEPTED, DEAD), EventState.dead),
        ((ACCEPTED, DEAD, REPLAYED), EventState.waiting),
        ((ACCEPTED, DEAD, REPLAYED, RETRY), EventState.retrying),
        ((ACCEPTED, DEAD, REPLAYED, DELIVERED), EventState.delivered),
        ((ACCEPTED, DEAD, line("revealed")), EventState.dead),
        ((ACCEPTED, DEAD, DISCARDED), EventState.discarded),
        ((ACCEPTED, DEAD, DISCARDED, REPLAYED), EventState.waiting),
        ((POSTED,), EventState.waiting),
        ((POSTED, SENT), EventState.accepted),
        ((POSTED, NOT_SENT), EventState.dead),
        ((line("rejected", "producer"),), EventState.rejected),
        ((ACCEPTED, NOTIFIED, NOT_SENT), EventState.queued),
    ],
)
def test_the_last_turn_decides(found: tuple[LogLine, ...], state: EventState) -> None:
    """An event whose dead letter is on the queue is dead, also if the log says otherwise."""
    assert state_of(lines(*found), is_dead_letter=False) is state
    assert state_of(lines(*found), is_dead_letter=True) is EventState.dead


@pytest.mark.parametrize(
    ("found", "is_needed"),
    [
        ((), True),
        ((ACCEPTED,), True),
        ((ACCEPTED, DEAD), True),
        ((ACCEPTED, DELIVERED), False),
        ((ACCEPTED, DEAD, DISCARDED), False),
        ((ACCEPTED, DEAD, DISCARDED, line("imported")), True),
    ],
)
def test_the_queue_is_read_if_the_log_cannot_decide(found: tuple[LogLine, ...], *, is_needed: bool) -> None:
    """SQS moves an event whose attempts crashed without a line."""
    assert needs_dead_letter(lines(*found)) is is_needed


@pytest.mark.parametrize(
    ("found", "may_have"),
    [
        ((), True),
        ((ACCEPTED, DELIVERED), False),
        ((ACCEPTED, NOTIFIED), True),
        ((POSTED,), True),
        ((POSTED, SENT), False),
        ((POSTED, NOT_SENT), True),
    ],
)
def test_the_queue_of_notifications_is_read_if_one_may_have_died(found: tuple[LogLine, ...], *, may_have: bool) -> None:
    """By its line, or because it has no outcome."""
    assert may_have_dead_notification(lines(*found)) is may_have


@pytest.mark.parametrize(
    ("found", "is_moving"),
    [
        ((ACCEPTED,), True),
        ((ACCEPTED, DELIVERED), False),
        ((ACCEPTED, NOTIFIED), True),
        ((ACCEPTED, NOTIFIED, SENT), False),
        ((ACCEPTED, DEAD), False),
        ((), False),
    ],
)
def test_more_is_expected_until_the_outcome(found: tuple[LogLine, ...], *, is_moving: bool) -> None:
    """Of the notifications too; after two hours nothing more is."""
    known = lines(*found)
    assert may_change(state_of(known, is_dead_letter=False), known, NOW) is is_moving
    assert not may_change(EventState.waiting, known, NOW + 7_200_001)


def test_the_cause_is_that_of_the_last_attempt() -> None:
    """An attempt that succeeded has none."""
    cause = logged_cause(lines(RETRY, DEAD))
    assert cause
    assert (cause.category, cause.reason) == ("no-target", "gone")
    assert logged_cause(lines(RETRY, DELIVERED)) is None
    assert logged_cause([]) is None
