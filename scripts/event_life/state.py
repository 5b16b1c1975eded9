"""Decide from log lines, and from its dead letter, what state an event is in, and why it failed. Reads nothing."""

import json
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

from notifications.sender_outcomes import SenderOutcome
from scripts.aws.logged_event import logged_event
from scripts.dead_letters.dead_letter import Cause
from scripts.request_trace.follow import has_event_ended
from scripts.request_trace.log_line import LogLine
from scripts.request_trace.notified import PRODUCER, SENDER, have_notifications_ended, is_replay


class EventState(StrEnum):
    """The present state of a request, in one word.

    `waiting`: received or replayed, and not attempted since. `queued`: delivered to nothing but notifications.
    `accepted` and `rejected` are of posts for notifications. `unknown`: no log line and no dead letter.
    """

    unknown = "unknown"
    waiting = "waiting"
    retrying = "retrying"
    delivered = "delivered"
    queued = "queued"
    duplicate = "duplicate"
    ignored = "ignored"
    accepted = "accepted"
    rejected = "rejected"
    dead = "dead"
    discarded = "discarded"


MOVING: Final = frozenset({EventState.waiting, EventState.retrying})
"""The states that change without an operator."""

# SQS gives an event up after 72 minutes at most (processor/retries.py); an older last line has no successor.
_LONGEST_WAIT: Final = timedelta(hours=2)


def state_of(lines: Sequence[LogLine], *, is_dead_letter: bool) -> EventState:
    """Return the state. `is_dead_letter`: it was found on a dead-letter queue."""
    if is_dead_letter:
        return EventState.dead
    of_event = [line for line in lines if line.log not in (PRODUCER, SENDER)]
    if not of_event:
        return _state_of_post(lines)
    if _last_message(of_event) == "discarded":
        return EventState.discarded
    if has_event_ended(of_event):
        return _last_outcome(of_event)
    return EventState.retrying if _last_message(of_event) == "retry" else EventState.waiting


def needs_dead_letter(lines: Sequence[LogLine]) -> bool:
    """Return whether the state cannot be known without the dead-letter queue: SQS also moves events without a line."""
    state = state_of(lines, is_dead_letter=False)
    was_imported = any(line.members.get("message") == "imported" for line in lines)
    return was_imported or state in {EventState.unknown, EventState.dead, *MOVING}


def may_have_dead_notification(lines: Sequence[LogLine]) -> bool:
    """Return whether a notification of it may be on the dead-letter queue: also one that crashed leaves no line."""
    dead = SenderOutcome.DEAD.value
    has_died = any(line.log == SENDER and line.members.get("outcome") == dead for line in lines)
    return has_died or not lines or not have_notifications_ended(lines)


def may_change(state: EventState, lines: Sequence[LogLine], now_ms: int, *, is_lost: bool = False) -> bool:
    """Return whether lines are expected soon: of the event, of its notifications, or of the replay of a lost one."""
    is_recent = bool(lines) and lines[-1].at > now_ms - _LONGEST_WAIT // timedelta(milliseconds=1)
    return is_recent and (is_lost or state in MOVING or not have_notifications_ended(lines))


def logged_cause(lines: Sequence[LogLine]) -> Cause | None:
    """Return why the last attempt failed, by its line; None if it did not."""
    attempts = [line for line in lines if line.members.get("message") in ("outcome", "retry")]
    failure = attempts[-1].members.get("failure") if attempts else None
    return Cause.of(json.dumps(failure)) if isinstance(failure, dict) else None


def _state_of_post(lines: Sequence[LogLine]) -> EventState:
    sent = {line.members.get("outcome") for line in lines if line.log == SENDER}
    if not lines:
        return EventState.unknown
    if SenderOutcome.DEAD.value in sent:
        return EventState.dead
    if any(line.members.get("message") in ("rejected", "failed") for line in lines if line.log == PRODUCER):
        return EventState.rejected
    return EventState.accepted if have_notifications_ended(lines) else EventState.waiting


_TURNS: Final = ("outcome", "retry", "discarded")


def _last_message(lines: Sequence[LogLine]) -> str:
    """Return the message of the last line that changed the state."""
    turns = [line for line in lines if line.members.get("message") in _TURNS or is_replay(line)]
    return str(turns[-1].members["message"]) if turns else ""


def _last_outcome(lines: Sequence[LogLine]) -> EventState:
    outcomes = [line for line in lines if line.members.get("message") == "outcome"]
    event = logged_event(outcomes[-1].at, outcomes[-1].members)
    word = event.shown_outcome if event else ""
    return EventState(word) if word in set(EventState) else EventState.unknown
