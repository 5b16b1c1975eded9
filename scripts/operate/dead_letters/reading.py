"""Reads a dead letter: its body, wherever it lies, its event, and what an operator chooses letters by. Changes none."""

from datetime import datetime, timedelta
from typing import NamedTuple

from ingest.envelope import Envelope, EnvelopeError
from processor.errors import Failure
from processor.events import Event, parse
from processor.overflow_bucket import OverflowBucket
from scripts.operate.dead_letters.letter import Cause, Letter


class Summary(NamedTuple):
    """What is kept of a letter while others are read: nothing of its body but codes. What is not known is empty."""

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


class Read(NamedTuple):
    """A letter with its content; without `envelope` or `event` where `problem` says why there is none."""

    letter: Letter
    summary: Summary
    envelope: Envelope | None = None
    event: Event | None = None
    problem: str = ""

    def __repr__(self) -> str:
        """The id only: nothing that logs a value may log a body."""
        return f"Read({self.summary.id!r}, …)"


class Reader:
    """Reads letters of one queue, which keeps each for so long from its first enqueue on."""

    def __init__(self, overflow: OverflowBucket, keeps: timedelta) -> None:
        self._overflow = overflow
        self._keeps = keeps

    def read(self, letter: Letter) -> Read:
        """The letter's content as far as there is any. Raises nothing: a letter that nobody can read is one too."""
        envelope = event = None
        problem = ""
        try:
            envelope = Envelope.decode(letter.body, letter.attributes, self._overflow.read)
            event = parse(envelope.body)
        except EnvelopeError as error:
            problem = str(error)
        except Failure as failure:
            problem = failure.reason
        return Read(letter, self._summary(letter, event), envelope, event, problem)

    def _summary(self, letter: Letter, event: Event | None) -> Summary:
        return Summary(
            letter.id,
            letter.message_id,
            letter.copy_key,
            event.action if event else "",
            event.event_value if event else "",
            event.institution_code if event else "",
            letter.attributes.get("profile", ""),
            letter.cause,
            _received_at(letter),
            letter.sent_at + self._keeps,
            letter.replays,
            bool(letter.replay.get("edited")),
        )


def _received_at(letter: Letter) -> datetime:
    """When ingest took the request; else when the message came on the queue."""
    try:
        moment = datetime.fromisoformat(letter.attributes.get("received_at", ""))
    except ValueError:
        return letter.sent_at
    return moment if moment.tzinfo else letter.sent_at
