"""A dead letter as it is on the dead-letter queue, and its cause. Pure: calls no AWS, parses no event."""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notifications.json_body import json_members

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# The cause of a dead letter that SQS itself moved, after a crash or timeout on each receive: the processor wrote none.
CRASHED: Final = "crashed"

# The longest texts that ingest and the processor write. Longer ones come from elsewhere, and would not fit a table of
# thousands of dead letters.
_LONGEST_ID: Final = 256
_LONGEST_TEXT: Final = 1024
# Far above any real count; keeps a forged count within a number that can be printed and incremented.
_HIGHEST_COUNT: Final = 1_000_000
# The processor writes at most 1 KiB of JSON.
_LONGEST_OTHERS: Final = 1024

_CAUSE_TEXTS: Final = ("reason", "route", "target", "field", "at")


class Cause(NamedTuple):
    """Why an event failed, from its envelope's `failure`; `category` is CRASHED if there is none.

    `others` are the further deliveries that failed, without their reasons, and `others_omitted` is the number of those
    for which it has no room.
    """

    category: str
    reason: str = ""
    route: str = ""
    target: str = ""
    field: str = ""
    attempts: int | None = None
    at: str = ""
    others: "tuple[Cause, ...]" = ()
    others_omitted: int = 0

    @classmethod
    def of(cls, failure: str | None) -> "Cause":
        """Parse the attribute's JSON; members of the wrong type or size are ignored."""
        members = json_members(failure or "")
        others = map(cls._of, filter(_is_cause, _listed(members.get("others"))))
        omitted = _count(members, "others_omitted") or 0
        return cls._of(members)._replace(others=tuple(_within_room(others)), others_omitted=omitted)

    @classmethod
    def _of(cls, members: Mapping[str, Any]) -> "Cause":
        texts: dict[str, Any] = {name: _shared_text(members[name]) for name in _CAUSE_TEXTS if _is(members, name, str)}
        category = _shared_text(members["class"]) if _is(members, "class", str) else CRASHED
        return cls(category, attempts=_count(members, "attempts"), **texts)


class DeadLetter(NamedTuple):
    """One message of the dead-letter queue. `handle` is from this receive; `body` and `attributes` are as queued."""

    message_id: str
    handle: str
    body: str
    attributes: Mapping[str, str]
    sent_at: datetime

    def __repr__(self) -> str:
        """Return the ID only, because a log of this value must not contain a body."""
        return f"DeadLetter({self.id!r}, …)"

    @classmethod
    def of(cls, message: "MessageTypeDef") -> "DeadLetter":
        """Convert a message of an SQS response that has all attributes."""
        values = {name: each.get("StringValue", "") for name, each in message.get("MessageAttributes", {}).items()}
        sent = int(message.get("Attributes", {}).get("SentTimestamp", 0))
        sent_at = datetime.fromtimestamp(sent / 1000, UTC)
        return cls(message["MessageId"], message["ReceiptHandle"], message["Body"], values, sent_at)

    @property
    def id(self) -> str:
        """The ID for operators: the receipt ID, or the message ID if ingest did not queue it.

        A receipt ID that looks like a flag is forged: in a copied command, `--all` would select every dead letter.
        """
        id_ = self.attributes.get("receipt_id", "")
        return id_ if id_ and len(id_) <= _LONGEST_ID and not id_.startswith("-") else self.message_id

    @property
    def copy_key(self) -> str:
        """A digest that copies of the same event share: of ID, body and edit."""
        parts = [self.id, self.body, self.attributes.get("encoding", ""), str(self.replay.get("edited", ""))]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def cause(self) -> Cause:
        """Why it failed."""
        return Cause.of(self.attributes.get("failure"))

    @property
    def replay(self) -> dict[str, Any]:
        """The members of the envelope's `replay`; empty if it was never replayed."""
        return json_members(self.attributes.get("replay", ""))

    @property
    def replays(self) -> int:
        """The number of replays so far."""
        count = self.replay["count"] if _is(self.replay, "count", int) else 0
        return min(max(0, int(count)), _HIGHEST_COUNT)


def _shared_text(text: str) -> str:
    """Return a text of a cause, interned because thousands of dead letters share it."""
    return sys.intern(text[:_LONGEST_TEXT])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_cause(value: Any) -> bool:
    return isinstance(value, dict) and _is(value, "class", str) and bool(value["class"])


def _within_room(others: "Iterable[Cause]") -> "Iterator[Cause]":
    """Yield as many of the causes as the processor writes at most."""
    room = _LONGEST_OTHERS
    for other in others:
        room -= sum(len(text) for text in other if isinstance(text, str))
        if room < 0:
            return
        yield other


def _count(members: Mapping[str, Any], name: str) -> int | None:
    """Return a count that the processor can have written, or None."""
    count = members[name] if _is(members, name, int) else None
    return count if count is None or 0 <= count <= _HIGHEST_COUNT else None


def _is(members: Mapping[str, Any], name: str, kind: type) -> bool:
    return isinstance(members.get(name), kind) and not isinstance(members.get(name), bool)
