"""Read dead letters of a part's queue: events as topics publish them, or messages of the part's own."""

from ingest.envelope import Envelope, EnvelopeError, from_text
from processor.errors import Failure
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.reader import ReadDeadLetter, Reader


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
