"""Read dead letters of the webhook queue and of further parts: bodies, from the queue or the overflow bucket, events.

notification_reader.py reads those of notifications.
"""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from ingest.envelope import Envelope, EnvelopeError, NewerEnvelopeError, from_text
from notifications.notification import Notification
from processor.alma.events import Event, parse
from processor.codes import code
from processor.errors import Failure
from scripts.dead_letters.dead_letter import Cause, DeadLetter

if TYPE_CHECKING:
    from processor.overflow_bucket import OverflowBucket

# S3 error codes for a body that has expired ("Error responses", Amazon S3 API Reference); a reason ends with them.
_GONE: Final = ("NoSuchKey", "NoSuchBucket")

TOO_LARGE: Final = "The body cannot be read: this computer has not enough free memory."


class Summary(NamedTuple):
    """The part of a dead letter that a scan keeps; of its body only codes.

    Unknown texts are empty. Of an event there are `action`, `event` and `institution`; of a notification `topic`,
    `integration` and `service`.
    """

    id: str
    message_id: str
    copy_key: str
    action: str
    event: str
    institution: str
    profile: str
    cause: Cause
    received_at: datetime
    expires_at: datetime
    replays: int
    is_edited: bool
    topic: str = ""
    integration: str = ""
    service: str = ""


class ReadDeadLetter(NamedTuple):
    """A dead letter with its content; `problem` is why there is no `envelope`, and no `event` or `notification`.

    `is_unread`: its body is in the overflow bucket and could not be read, but may be readable later.
    """

    dead_letter: DeadLetter
    summary: Summary
    envelope: Envelope | None = None
    event: Event | None = None
    problem: str = ""
    is_unread: bool = False
    notification: Notification | None = None

    def __repr__(self) -> str:
        """Return the ID only, because a log of this value must not contain a body."""
        return f"ReadDeadLetter({self.summary.id!r}, …)"


ReadMethod = Callable[[DeadLetter], ReadDeadLetter]
"""A method of a reader: `glance`, `unpack` or `read`."""


class Reader:
    """Reads dead letters of one queue, whose retention period counts from when a message was first queued.

    Without an `overflow` bucket all bodies are on the queue.
    """

    def __init__(self, overflow: "OverflowBucket | None", retention: timedelta) -> None:
        self._overflow = overflow
        self._retention = retention

    def glance(self, dead_letter: DeadLetter) -> ReadDeadLetter:
        """Return the dead letter without its body, from its attributes only."""
        summary = Summary(
            dead_letter.id,
            dead_letter.message_id,
            dead_letter.copy_key,
            action="",  # these three are in the body
            event="",
            institution="",
            profile=_code(dead_letter.attributes.get("profile", "")),
            cause=dead_letter.cause,
            received_at=_received_at(dead_letter),
            expires_at=dead_letter.sent_at + self._retention,
            replays=dead_letter.replays,
            is_edited=bool(dead_letter.replay.get("edited")),
        )
        return ReadDeadLetter(dead_letter, summary)

    def unpack(self, dead_letter: DeadLetter) -> ReadDeadLetter:
        """Return the dead letter with the bytes of its body, not parsed. Raise nothing."""
        glance = self.glance(dead_letter)
        try:
            envelope = self._envelope(dead_letter)
        except (EnvelopeError, Failure) as error:
            return glance._replace(problem=_reason(error), is_unread=_may_be_read(dead_letter, error))
        except (MemoryError, RecursionError):
            return glance._replace(problem=TOO_LARGE, is_unread=True)
        return glance._replace(envelope=envelope)

    def read(self, dead_letter: DeadLetter) -> ReadDeadLetter:
        """Return the dead letter with its content, as far as it is readable.

        Raise nothing: an unreadable dead letter is a result too.
        """
        unpacked = self.unpack(dead_letter)
        if unpacked.envelope is None:
            return unpacked
        try:
            return self._parsed(unpacked, unpacked.envelope.body)
        except (EnvelopeError, Failure) as error:
            return unpacked._replace(problem=_reason(error))
        except (MemoryError, RecursionError):
            return unpacked._replace(problem=TOO_LARGE)

    def _parsed(self, unpacked: ReadDeadLetter, body: bytes) -> ReadDeadLetter:
        """Return the dead letter with the event in its body. Raise Failure, MemoryError, RecursionError."""
        event = parse(body)
        action, value, institution = map(_code, (event.action, event.event_value, event.institution_code))
        summary = unpacked.summary._replace(action=action, event=value, institution=institution)
        return unpacked._replace(summary=summary, event=event)

    def _envelope(self, dead_letter: DeadLetter) -> Envelope:
        """Return the envelope. Raise EnvelopeError and Failure."""
        if self._overflow is None:
            return Envelope.decode(dead_letter.body, dead_letter.attributes)
        return Envelope.decode(dead_letter.body, dead_letter.attributes, self._overflow.read)


class PartReader(Reader):
    """Reads dead letters of a part's queue. A body that is not an event is not a problem: the part may queue others."""

    def _parsed(self, unpacked: ReadDeadLetter, body: bytes) -> ReadDeadLetter:
        """Return the dead letter with its event if it has one. Raise MemoryError, RecursionError."""
        try:
            return super()._parsed(unpacked, body)
        except Failure:
            return unpacked

    def _envelope(self, dead_letter: DeadLetter) -> Envelope:
        """Return the body and what the attributes of a topic's message say of its event. Raise EnvelopeError."""
        texts = dead_letter.attributes
        if texts.get("encoding") == "s3":
            raise EnvelopeError("The message's body is in S3, which is not read here.")
        body = from_text(dead_letter.body, texts.get("encoding", "utf-8"))
        return Envelope(body, texts.get("receipt_id", ""), "", texts.get("profile", ""))


def _reason(error: EnvelopeError | Failure) -> str:
    return error.reason if isinstance(error, Failure) else str(error)


def _may_be_read(dead_letter: DeadLetter, error: EnvelopeError | Failure) -> bool:
    """Return whether the body may still be in the overflow bucket: S3 failed, or only a later version can read it."""
    if dead_letter.attributes.get("encoding") != "s3":
        return False
    if isinstance(error, Failure):
        return not error.reason.endswith(_GONE)
    return isinstance(error, NewerEnvelopeError)


def _code(text: str) -> str:
    """Return a code, interned because thousands of dead letters share it."""
    return sys.intern(code(text))


def _received_at(dead_letter: DeadLetter) -> datetime:
    """Return when ingest accepted the request; without that, when the message was queued."""
    try:
        moment = datetime.fromisoformat(dead_letter.attributes.get("received_at", ""))
    except ValueError:
        return dead_letter.sent_at
    return moment if moment.tzinfo else dead_letter.sent_at
