"""Read dead letters of a part's queue: events as topics publish them, or messages of the part's own."""

import re
from datetime import timedelta
from typing import Final

from ingest.envelope import Envelope, EnvelopeError, from_text
from processor.alma.events import parse
from processor.errors import Failure
from scripts.aws.context import StackContext
from scripts.aws.part_stacks import DeployedQueue, queue_of_part
from scripts.aws.stack import Stack
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.queue_name import OF_PRODUCT, QueueName
from scripts.dead_letters.reader import TOO_LARGE, ReadDeadLetter, Reader
from scripts.dead_letters.store import DeadLetterStore, queue_of

_DIGEST: Final = re.compile("[0-9a-f]{64}")


def open_part(scope: StackContext, name: QueueName) -> DeadLetterStore:
    """Open the dead letters of a part's queue. Raise as `queue_of_part`."""
    owner = scope._replace(stack=_with_usual_outputs(queue_of_part(scope, name, OF_PRODUCT)))
    queue = queue_of(owner)
    retention, now = queue.retention()
    return DeadLetterStore(scope, queue, None, PartReader(retention), now, name, owner)


def _with_usual_outputs(queue: DeployedQueue) -> Stack:
    """Return the stack with the URLs of this queue under the names that a pipeline's outputs have."""
    urls = {"QueueUrl": queue.url, "DeadLetterQueueUrl": queue.dead_letters_url}
    return queue.stack._replace(outputs=queue.stack.outputs | urls)


class PartReader(Reader):
    """Reads dead letters of a part's queue. A body that is not an event is not a problem: the part may queue others."""

    def __init__(self, retention: timedelta) -> None:
        self._retention = retention

    def read(self, dead_letter: DeadLetter) -> ReadDeadLetter:
        """Return the dead letter with its body, and its event if it has one. Raise nothing."""
        unpacked = self.unpack(dead_letter)
        if unpacked.envelope is None:
            return unpacked
        try:
            event = parse(unpacked.envelope.body)
        except Failure:
            return unpacked
        except (MemoryError, RecursionError):
            return unpacked._replace(problem=TOO_LARGE)
        return unpacked._replace(summary=self._summary(dead_letter, event), event=event)

    def _envelope(self, dead_letter: DeadLetter) -> Envelope:
        """Return the body and what the attributes of a topic's message say of its event. Raise EnvelopeError."""
        texts = dead_letter.attributes
        if texts.get("encoding") == "s3":
            raise EnvelopeError("The message's body is in S3, which is not read here.")
        body = from_text(dead_letter.body, texts.get("encoding", "utf-8"))
        return Envelope(body, texts.get("receipt_id", ""), "", texts.get("profile", ""))


def identity_in(dead_letter: DeadLetter) -> str | None:
    """Return the identity of the event that a topic published, or None for another message."""
    identity = dead_letter.attributes.get("identity", "")
    return identity if _DIGEST.fullmatch(identity) else None
