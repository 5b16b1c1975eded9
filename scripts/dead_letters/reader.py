"""Reads a dead letter: its body, wherever it lies, its event, and what an operator chooses dead letters by.

Changes none.
"""

import sys
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ingest.envelope import Envelope, EnvelopeError, NewerEnvelopeError
from processor.alma.events import Event, parse
from processor.codes import code
from processor.errors import Failure
from processor.overflow_bucket import OverflowBucket
from scripts.dead_letters.dead_letter import Cause, DeadLetter

# What S3 answers for a body that has expired ("Error responses", Amazon S3 API Reference), at the end of the reason.
_GONE: Final = ("NoSuchKey", "NoSuchBucket")

TOO_LARGE: Final = "The body cannot be read: this computer has not enough free memory."


class Summary(NamedTuple):
    """What is kept of a dead letter while others are read: nothing of its body but codes.

    What is not known is empty.
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


class ReadDeadLetter(NamedTuple):
    """A dead letter with its content; without `envelope` or `event` where `problem` says why there is none.

    `is_unread`: it has a body in the overflow bucket that could not be read, and may be another time.
    """

    dead_letter: DeadLetter
    summary: Summary
    envelope: Envelope | None = None
    event: Event | None = None
    problem: str = ""
    is_unread: bool = False

    def __repr__(self) -> str:
        """The id only: nothing that logs a value may log a body."""
        return f"ReadDeadLetter({self.summary.id!r}, …)"


class Reader:
    """Reads dead letters of one queue, which keeps each for so long from its first enqueue on."""

    def __init__(self, overflow: OverflowBucket, keeps: timedelta) -> None:
        self._overflow = overflow
        self._keeps = keeps

    def glance(self, dead_letter: DeadLetter) -> ReadDeadLetter:
        """Return the dead letter without its body: what its attributes say."""
        return ReadDeadLetter(dead_letter, self._summary(dead_letter, None))

    def unpack(self, dead_letter: DeadLetter) -> ReadDeadLetter:
        """Return the dead letter with its body's bytes, which are not parsed. Raises nothing."""
        glance = self.glance(dead_letter)
        try:
            envelope = Envelope.decode(dead_letter.body, dead_letter.attributes, self._overflow.read)
        except (EnvelopeError, Failure) as error:
            problem = error.reason if isinstance(error, Failure) else str(error)
            return glance._replace(problem=problem, is_unread=_may_be_read(dead_letter, error))
        except (MemoryError, RecursionError):
            return glance._replace(problem=TOO_LARGE, is_unread=True)
        return glance._replace(envelope=envelope)

    def read(self, dead_letter: DeadLetter) -> ReadDeadLetter:
        """Return the dead letter's content as far as there is any.

        Raises nothing: one that nobody can read is one too.
        """
        unpacked = self.unpack(dead_letter)
        if unpacked.envelope is None:
            return unpacked
        try:
            event = parse(unpacked.envelope.body)
        except Failure as failure:
            return unpacked._replace(problem=failure.reason)
        except (MemoryError, RecursionError):
            return unpacked._replace(problem=TOO_LARGE)
        return unpacked._replace(summary=self._summary(dead_letter, event), event=event)

    def _summary(self, dead_letter: DeadLetter, event: Event | None) -> Summary:
        return Summary(
            dead_letter.id,
            dead_letter.message_id,
            dead_letter.copy_key,
            _code(event.action) if event else "",
            _code(event.event_value) if event else "",
            _code(event.institution_code) if event else "",
            _code(dead_letter.attributes.get("profile", "")),
            dead_letter.cause,
            _received_at(dead_letter),
            dead_letter.sent_at + self._keeps,
            dead_letter.replays,
            bool(dead_letter.replay.get("edited")),
        )


def _may_be_read(dead_letter: DeadLetter, error: EnvelopeError | Failure) -> bool:
    """Whether the body lies in the overflow bucket nevertheless: S3 failed, or later code can read the message."""
    if dead_letter.attributes.get("encoding") != "s3":
        return False
    if isinstance(error, Failure):
        return not error.reason.endswith(_GONE)
    return isinstance(error, NewerEnvelopeError)


def _code(text: str) -> str:
    """Return a code; thousands of dead letters share it, and it is kept once."""
    return sys.intern(code(text))


def _received_at(dead_letter: DeadLetter) -> datetime:
    """When ingest took the request; else when the message came on the queue."""
    try:
        moment = datetime.fromisoformat(dead_letter.attributes.get("received_at", ""))
    except ValueError:
        return dead_letter.sent_at
    return moment if moment.tzinfo else dead_letter.sent_at
