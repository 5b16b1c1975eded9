"""Client that sends messages to the webhook queue, or imported ones to the dead-letter queue."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ingest.envelope import MAX_QUEUED_BYTES, Pointer, QueuedMessage
from ingest.sqs_text import typed
from scripts.dead_letters.dead_letter_queue import BATCH

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

# "Amazon SQS message quotas": the limit of a message, and of the sum of a batch.
MAX_BYTES: Final = 1024 * 1024
_MAX_ATTRIBUTES: Final = 10


def fits(messages: Sequence[QueuedMessage], most: int = BATCH) -> bool:
    """Return whether these messages fit into one call."""
    return len(messages) <= min(most, BATCH) and sum(message.size for message in messages) <= MAX_BYTES


class SourceQueue:
    """A queue to send to. Every method may raise botocore's errors."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, messages: Sequence[QueuedMessage]) -> dict[int, str]:
        """Send messages that fit into one call ("SendMessageBatch", Amazon SQS API Reference).

        Return the indexes of messages that were not sent unchanged, each with the reason: the SQS error code, or text.
        """
        failed = {number: reason for number, message in enumerate(messages) if (reason := why_unsendable(message))}
        entries = {str(number): _entry(number, each) for number, each in enumerate(messages) if number not in failed}
        if not entries:
            return failed
        answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=list(entries.values()))
        failed |= {int(entry["Id"]): entry["Code"] for entry in answer.get("Failed", [])}
        sent = {entry["Id"]: entry["MD5OfMessageBody"] for entry in answer.get("Successful", [])}
        for id_, entry in entries.items():
            if int(id_) not in failed and sent.get(id_) != _md5(entry["MessageBody"]):
                failed[int(id_)] = "the queue received another body" if id_ in sent else "SQS did not confirm it"
        return failed


def message_with(body: bytes, attributes: Mapping[str, str], pointer: Callable[[bytes], Pointer]) -> QueuedMessage:
    """Return the body as a message with these attributes; `pointer` returns where too large a body is."""
    message = QueuedMessage.encode(body, attributes)
    if message.size <= MAX_QUEUED_BYTES:
        return message
    return QueuedMessage.encode(body, attributes, pointer(body))


def why_unsendable(message: QueuedMessage) -> str:
    """Return why SQS would not accept the message, else an empty string. It would make the whole call fail."""
    if len(message.attributes) > _MAX_ATTRIBUTES:
        return f"it would have {len(message.attributes)} attributes; the limit of SQS is {_MAX_ATTRIBUTES}"
    return (
        f"it would have {message.size:,} bytes; the limit of SQS is {MAX_BYTES:,}" if message.size > MAX_BYTES else ""
    )


def _entry(number: int, message: QueuedMessage) -> "SendMessageBatchRequestEntryTypeDef":
    attributes: Any = typed(message.attributes)
    return {"Id": str(number), "MessageBody": message.body, "MessageAttributes": attributes}


def _md5(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()  # SQS responds with MD5
