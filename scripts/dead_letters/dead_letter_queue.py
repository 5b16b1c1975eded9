"""Client of the dead-letter queue: receive, hide, show again and delete dead letters."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scripts.aws.clients import moment_of
from scripts.dead_letters.dead_letter import DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef

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
        failed: set[str] = set()
        for ids, entries in _batches(handles, VisibilityTimeout=seconds):
            answer = self._sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)
            failed |= _failed_ids(ids, answer.get("Failed", []))
        return failed

    def delete(self, handles: Handles) -> set[str]:
        """Delete messages. Return the IDs for which SQS failed: their handle or they themselves have expired."""
        failed: set[str] = set()
        for ids, entries in _batches(handles):
            answer = self._sqs.delete_message_batch(QueueUrl=self.url, Entries=entries)
            failed |= _failed_ids(ids, answer.get("Failed", []))
        return failed


def _batches(handles: Handles, **more: int) -> Iterator[tuple[list[str], Any]]:
    """Yield the message IDs and entries of each call; the ID of an entry is its index in the call."""
    for begin in range(0, len(handles), BATCH):
        ids = list(handles)[begin : begin + BATCH]
        yield ids, [{"Id": str(number), "ReceiptHandle": handles[id_], **more} for number, id_ in enumerate(ids)]


def _failed_ids(ids: Sequence[str], failed: "Sequence[BatchResultErrorEntryTypeDef]") -> set[str]:
    return {ids[int(entry["Id"])] for entry in failed}
