"""The dead-letter queue as an operator's tools see it: receives, hides, shows again, deletes.

Decides on no dead letter.
"""

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
"""The receipt handle of messages by their ids."""


class Depth(NamedTuple):
    """How many dead letters there are, about: by SQS' own counts, which lag behind."""

    visible: int
    hidden: int  # another reader holds them

    @property
    def all(self) -> int:
        """Both."""
        return self.visible + self.hidden


class DeadLetterQueue:
    """The dead-letter queue of a stack. Every method raises botocore's errors."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self.url = url

    def depth(self) -> Depth:
        """How many there are now, about."""
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self.url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        visible = attributes["ApproximateNumberOfMessages"]
        return Depth(int(visible), int(attributes["ApproximateNumberOfMessagesNotVisible"]))

    def retention(self) -> tuple[timedelta, datetime]:
        """How long the queue keeps a message from its first enqueue on, and what the time is by AWS' clock."""
        answer = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["MessageRetentionPeriod"])
        return timedelta(seconds=int(answer["Attributes"]["MessageRetentionPeriod"])), moment_of(answer)

    def receive(self, hold_seconds: int, wait_seconds: int) -> list[DeadLetter]:
        """Up to ten dead letters, hidden from everybody else for a while. Waits for the first one."""
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
        """Hides messages from now on so long, 0 shows them again. The ids of those that SQS refuses."""
        refused: set[str] = set()
        for ids, entries in _batches(handles, VisibilityTimeout=seconds):
            answer = self._sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)
            refused |= _refused(ids, answer.get("Failed", []))
        return refused

    def delete(self, handles: Handles) -> set[str]:
        """Deletes messages. The ids of those that SQS refuses: their handle has expired, or they have."""
        refused: set[str] = set()
        for ids, entries in _batches(handles):
            answer = self._sqs.delete_message_batch(QueueUrl=self.url, Entries=entries)
            refused |= _refused(ids, answer.get("Failed", []))
        return refused


def _batches(handles: Handles, **more: int) -> Iterator[tuple[list[str], Any]]:
    """Ids and entries of each call; an entry's own id is its number in the call."""
    for begin in range(0, len(handles), BATCH):
        ids = list(handles)[begin : begin + BATCH]
        yield ids, [{"Id": str(number), "ReceiptHandle": handles[id_], **more} for number, id_ in enumerate(ids)]


def _refused(ids: Sequence[str], failed: "Sequence[BatchResultErrorEntryTypeDef]") -> set[str]:
    return {ids[int(entry["Id"])] for entry in failed}
