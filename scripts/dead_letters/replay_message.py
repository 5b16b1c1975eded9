"""What a dead letter goes back to the webhook queue as: itself, without its cause and with its replay counted. Pure.

A replay's id is made of the receipt id and the count, so that a dead letter that was sent and not deleted, or that two
operators send, goes back with the same id each time. The id matters only for a replay that delivers again: it is part
of the delivery keys then, and the same id delivers once. A plain replay after one that delivered again goes on with
that id, so that targets which have got the event by it do not get it by each further attempt.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ingest.envelope import QueuedMessage, rfc3339
from scripts.dead_letters.dead_letter import DeadLetter

# More replays than these need to be asked for: what dies every time wants another cure.
MOST_REPLAYS: Final = 3

_ID_DIGITS: Final = 32


class ReplayedBy(NamedTuple):
    """Who replays (the caller's ARN), when (seconds since 1970), and whether everything is delivered again."""

    who: str
    at: float
    redeliver: bool = False


def is_beyond_limit(dead_letter: DeadLetter) -> bool:
    """Whether one more replay of this dead letter has to be asked for."""
    return dead_letter.replays >= MOST_REPLAYS


def replayed(dead_letter: DeadLetter, by: ReplayedBy) -> QueuedMessage:
    """The dead letter as the webhook queue gets it: body and attributes as they are, but for `failure` and `replay`."""
    return with_replay(dead_letter.body, dead_letter.attributes, replay_members(dead_letter, by))


def with_replay(body: str, attributes: Mapping[str, str], members: Mapping[str, Any]) -> QueuedMessage:
    """A message that is no dead letter any more and has these members of `replay`; attributes that are empty go."""
    kept = {name: text for name, text in attributes.items() if text and name != "failure"}
    return QueuedMessage(body.encode(), kept | {"replay": json.dumps(dict(members), separators=(",", ":"))})


def replay_members(dead_letter: DeadLetter, by: ReplayedBy) -> dict[str, Any]:
    """The members of the envelope's `replay` once the dead letter has been replayed by somebody."""
    before, count = dead_letter.replay, dead_letter.replays + 1
    goes_on = bool(before.get("redeliver")) and bool(before.get("id")) and not by.redeliver
    members = {
        **before,
        "id": before["id"] if goes_on else _replay_id(dead_letter.id, count),
        "count": count,
        "by": by.who,
        "at": rfc3339(by.at),
        "redeliver": by.redeliver or goes_on,
    }
    return {name: value for name, value in members.items() if name != "redeliver" or value}


def _replay_id(dead_letter_id: str, count: int) -> str:
    return hashlib.sha256(f"{dead_letter_id}\n{count}".encode()).hexdigest()[:_ID_DIGITS]
