"""Build the message that replays a dead letter: the same message, without its cause, with its replays counted. Pure.

The replay ID is a digest of the receipt ID and the count. So a dead letter that was sent but not deleted, or that two
operators replay, is sent with the same ID each time. The ID matters only with --redeliver: it is part of the delivery
keys then, and the same ID delivers once. A plain replay after one with --redeliver reuses its ID, so that targets which
got the event by it do not get it again.

replay_plan.py counts these messages for a dry run.
"""

import hashlib
from typing import Any, Final, NamedTuple

from ingest.envelope import QueuedMessage, rfc3339
from ingest.sqs_text import encode_attributes
from scripts.dead_letters.dead_letter import DeadLetter

# Further replays need --ignore-replay-limit: an event that fails each time needs another fix.
MOST_REPLAYS: Final = 3

_ID_DIGITS: Final = 32


class ReplayedBy(NamedTuple):
    """Who replays (the caller's ARN), when (seconds since 1970), and whether with --redeliver."""

    who: str
    at: float
    redeliver: bool = False


def is_beyond_limit(dead_letter: DeadLetter) -> bool:
    """Return whether another replay of this dead letter needs --ignore-replay-limit."""
    return dead_letter.replays >= MOST_REPLAYS


def replayed(dead_letter: DeadLetter, by: ReplayedBy) -> QueuedMessage:
    """Return the message for the source queue: body and attributes unchanged, except `failure` and `replay`."""
    attributes = encode_attributes(dead_letter.attributes, failure={}, replay=replay_members(dead_letter, by))
    return QueuedMessage(dead_letter.body.encode(), attributes)


def replay_members(dead_letter: DeadLetter, by: ReplayedBy) -> dict[str, Any]:
    """Return the members of the envelope's `replay` after this replay."""
    before, count = dead_letter.replay, dead_letter.replays + 1
    is_continued = bool(before.get("redeliver")) and bool(before.get("id")) and not by.redeliver
    members = {
        **before,
        "id": before["id"] if is_continued else _replay_id(dead_letter.id, count),
        "count": count,
        "by": by.who,
        "at": rfc3339(by.at),
        "redeliver": by.redeliver or is_continued,
    }
    return {name: value for name, value in members.items() if name != "redeliver" or value}


def _replay_id(dead_letter_id: str, count: int) -> str:
    return hashlib.sha256(f"{dead_letter_id}\n{count}".encode()).hexdigest()[:_ID_DIGITS]
