"""Clients of the queues: receive, hide, show again and delete dead letters, and send messages to either queue."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ingest.envelope import MAX_QUEUED_BYTES, Pointer, QueuedMessage
from ingest.fair_group import replay_group
from ingest.sqs_text import typed
from scripts.aws.clients import moment_of
from scripts.dead_letters.dead_letter import DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

# "ReceiveMessage" and the batch actions, Amazon SQS API Reference: at most ten messages a call.
BATCH: Final = 10

Handles = Mapping[str, str]
"""Receipt handles by message ID."""


class Depth(NamedTuple):
    """The approximate number of dead letters, from SQS counts, which lag behind."""

    visible: int
    hidden: int  # held by another reader

    @property
    def all(self) -> int:
        """The sum of both."""
        return self.visible + self.hidden


class DeadLetterQueue:
    """The dead-letter queue of a stack. Every method may raise botocore's errors."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self.url = url

    def depth(self) -> Depth:
        """Return the approximate number of dead letters now."""
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self.url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        visible = attributes["ApproximateNumberOfMessages"]
        return Depth(int(visible), int(attributes["ApproximateNumberOfMessagesNotVisible"]))

    def retention(self) -> tuple[timedelta, datetime]:
        """Return how long the queue keeps a message after it was first queued, and the time by AWS' clock."""
        answer = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["MessageRetentionPeriod"])
        return timedelta(seconds=int(answer["Attributes"]["MessageRetentionPeriod"])), moment_of(answer)

    def receive(self, hold_seconds: int, wait_seconds: int) -> list[DeadLetter]:
        """Receive up to ten dead letters and hide them from other readers. Wait for the first one."""
        answer = self._sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=hold_seconds,
            WaitTimeSeconds=wait_seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        return [DeadLetter.of(message) for message in answer.get("Messages", [])]

    def hide(self, handles: Handles, seconds: int) -> set[str]:
        """Hide messages for some seconds from now, 0 to show them again. Return the IDs for which SQS failed."""
        return self._in_batches(self._sqs.change_message_visibility_batch, handles, VisibilityTimeout=seconds)

    def delete(self, handles: Handles) -> set[str]:
        """Delete messages. Return the IDs for which SQS failed: their handle or they themselves have expired."""
        return self._in_batches(self._sqs.delete_message_batch, handles)

    def _in_batches(self, call: Callable[..., Any], handles: Handles, **more: int) -> set[str]:
        """Call SQS for each ten messages. Return the IDs that failed; the ID of an entry is its index in the call."""
        failed: set[str] = set()
        for begin in range(0, len(handles), BATCH):
            ids = list(handles)[begin : begin + BATCH]
            entries = [{"Id": str(number), "ReceiptHandle": handles[id_], **more} for number, id_ in enumerate(ids)]
            answer = call(QueueUrl=self.url, Entries=entries)
            failed |= {ids[int(entry["Id"])] for entry in answer.get("Failed", [])}
        return failed


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

    def waiting(self) -> int:
        """Return the approximate number of messages that wait to be received."""
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def send(self, messages: Sequence[QueuedMessage]) -> dict[int, str]:
        """Send messages that fit into one call ("SendMessageBatch", Amazon SQS API Reference).

        Those without a group are sent in that of replays. Return the indexes of messages that were not sent unchanged,
        each with the reason: the SQS error code, or text.
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


def message_with(
    body: bytes, attributes: Mapping[str, str], pointer: Callable[[bytes], Pointer] | None
) -> QueuedMessage:
    """Return the body as a message with these attributes; `pointer` returns where too large a body is.

    Without it the body is always in the message.
    """
    message = QueuedMessage.encode(body, attributes)
    if pointer is None or message.size <= MAX_QUEUED_BYTES:
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
    group = message.group or replay_group(message.attributes.get("profile", ""))
    return {"Id": str(number), "MessageBody": message.body, "MessageAttributes": attributes, "MessageGroupId": group}


def _md5(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()  # SQS responds with MD5
