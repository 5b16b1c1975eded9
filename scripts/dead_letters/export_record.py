"""Encode a dead letter as one line of an export file, and decode it. Pure: opens no file, calls no AWS.

A line is a JSON object with these members:

- `format` and `version`: one of FORMATS, by the queue, and VERSION. That of a part's queue is always the same, and the
  member `queue` has its name.
- `from`: account, region, stage and stack that it was exported from.
- `id`, `message_id`, `sent_at`: the receipt ID, the message ID and the time it was queued (RFC 3339, UTC).
- `attributes`: the message's attributes as queued.
- `body`: its `form` (`event`: the bytes exactly as signed, or those of a notification; `queued`: the body of the
  message, where its envelope cannot be read), the bytes as `text` in the `encoding` utf-8 or base64, their number
  `bytes`, and their `sha256` (hex).
- `missing`, if it is not empty: why the event's bytes are missing.
- `sha256`: of the other members as JSON in ASCII, names sorted, no white space (hex). It detects accidental changes and
  cuts, not deliberate ones.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, Self

from ingest.envelope import QueuedMessage, pointer_to
from ingest.sqs_text import to_utf8
from processor.codes import code
from scripts.cli.times import time_of
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.queues import message_with
from scripts.dead_letters.reader import ReadDeadLetter

# Different, so that no command puts events on the queue of notifications, or the other way round.
FORMATS: Final = {
    QueueName.webhooks: "alma-webhooks-dead-letter",
    QueueName.notifications: "alma-webhooks-notification-dead-letter",
}
_OF_PART: Final = "alma-webhooks-part-dead-letter"
VERSION: Final = 1

# "Amazon SQS message metadata": ten attributes at most, and the names they may have.
_MOST_ATTRIBUTES: Final = 10
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,256}")

_EVENT: Final = "event"
_QUEUED: Final = "queued"

_DECODERS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "utf-8": str.encode,
    "base64": partial(base64.b64decode, validate=True),
}


class LineError(ValueError):
    """A line is not an exported dead letter, or was changed since. The message quotes nothing of the line."""


class ExportedDeadLetter(NamedTuple):
    """An exported dead letter. `body` has the event's bytes, or the body of the message if `is_event` is False."""

    id: str
    origin: Mapping[str, str]
    attributes: Mapping[str, str]
    body: bytes
    is_event: bool
    missing: str = ""
    queue: QueueName = QueueName.webhooks

    def __repr__(self) -> str:
        """Return the ID only, because a log of this value must not contain a body."""
        return f"ExportedDeadLetter({self.id!r}, …)"

    @property
    def came_from(self) -> str:
        """The stack and account that it was exported from, as text without untrusted characters."""
        stack, account = code(self.origin.get("stack", "")), code(self.origin.get("account", ""))
        return f"{stack or 'an unknown stack'} in {account or 'an unknown account'}"

    def message(self, bucket: str | None) -> QueuedMessage:
        """Return the message to queue, with a large body in `bucket`, if any. Raise LineError if SQS rejects it."""
        if len(self.attributes) > _MOST_ATTRIBUTES or not all(map(_NAME.fullmatch, self.attributes)):
            raise LineError("its attributes are too many for SQS, or have invalid names")
        _check_accepted(*self.attributes.values())
        if self.is_event:
            pointer = None if bucket is None else partial(pointer_to, bucket=bucket)
            message = message_with(self.body, self.attributes, pointer)
        elif self.attributes.get("encoding") == "s3":
            raise LineError("it was exported without its body, which had expired")
        else:
            message = QueuedMessage(self.body.decode("utf-8", "replace").encode(), dict(self.attributes))
        _check_accepted(message.body)
        return message

    @classmethod
    def decode(cls, line: bytes) -> Self:
        """Decode a line of an export file. Raise LineError."""
        members = _members(line)
        queue = _queue_of(members)
        if queue is None:
            raise LineError("it is not an exported dead letter")
        if members.get("version") != VERSION:
            raise LineError(f"its format version is not {VERSION}, which this command reads")
        if members.pop("sha256", None) != _digest_of(members):
            raise LineError("it was changed or cut since the export: its SHA-256 differs")
        try:
            id_, missing = _text(members["id"]), _text(members.get("missing", ""))
            origin, attributes = _texts(members["from"]), _texts(members["attributes"])
            form, body = _text(members["body"]["form"]), _bytes(members["body"])
        except (KeyError, TypeError, ValueError):
            raise LineError("a member is missing or has the wrong type, or the digest of the body differs") from None
        if form not in {_EVENT, _QUEUED}:
            raise LineError("the form of its body is unknown to this command")
        return cls(id_, origin, attributes, body, form == _EVENT, missing, queue)


def _queue_of(members: Mapping[str, Any]) -> QueueName | None:
    """Return the queue that a line is from, or None for a line of another format."""
    if members.get("format") == _OF_PART:
        return QueueName(members["queue"]) if isinstance(members.get("queue"), str) else None
    return next((name for name, form in FORMATS.items() if form == members.get("format")), None)


def _check_accepted(*texts: str) -> None:
    """Raise LineError for a text that SQS does not accept, because it would make the whole batch fail."""
    if not all(text and to_utf8(text.encode("utf-8", "surrogatepass"))[1] == "utf-8" for text in texts):
        raise LineError("its body or an attribute is empty, or has characters that SQS does not accept")


def encode(read: ReadDeadLetter, origin: Mapping[str, str], queue: QueueName = QueueName.webhooks) -> bytes:
    """Return the line of a dead letter of this queue, with its end; `origin` is account, region, stage and stack."""
    dead_letter, envelope = read.dead_letter, read.envelope
    members: dict[str, Any] = {
        "format": FORMATS.get(queue, _OF_PART),
        "version": VERSION,
        "from": dict(origin),
        "id": dead_letter.id,
        "message_id": dead_letter.message_id,
        "sent_at": time_of(dead_letter.sent_at),
        "attributes": {name: value for name, value in dead_letter.attributes.items() if value},
        "body": _body(envelope.body, _EVENT)
        if envelope
        else _body(dead_letter.body.encode("utf-8", "replace"), _QUEUED),
    }
    if queue.is_of_part:
        members["queue"] = str(queue)
    if envelope is None and dead_letter.attributes.get("encoding") == "s3":
        members["missing"] = read.problem
    return json.dumps(members | {"sha256": _digest_of(members)}).encode("ascii") + b"\n"


def _body(body: bytes, form: str) -> dict[str, Any]:
    try:
        text, encoding = body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = base64.b64encode(body).decode("ascii"), "base64"
    digest = hashlib.sha256(body).hexdigest()
    return {"form": form, "encoding": encoding, "text": text, "bytes": len(body), "sha256": digest}


def _bytes(members: Mapping[str, Any]) -> bytes:
    """Return the bytes of the body. Raise KeyError, TypeError or ValueError."""
    body = _DECODERS[_text(members["encoding"])](_text(members["text"]))
    if (len(body), hashlib.sha256(body).hexdigest()) != (members["bytes"], members["sha256"]):
        raise ValueError
    return body


def _members(line: bytes) -> dict[str, Any]:
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise LineError("it is not a JSON object")
    return members


def _digest_of(members: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: Any) -> dict[str, str]:
    return {_text(name): _text(text) for name, text in dict(value).items()}
