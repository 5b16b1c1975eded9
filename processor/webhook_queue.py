"""The webhook queue as the processor sees it: puts off a message's return, or deletes it. Receives nothing."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class WebhookQueue:
    """The SQS queue that ingest fills and Lambda takes from; `record` is what Lambda makes of a message."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def postpone(self, record: dict[str, Any], seconds: int) -> bool:
        """Hides a message that failed so long from now on ("ChangeMessageVisibility", Amazon SQS API Reference).

        False where that fails: it comes back after the queue's own visibility timeout then, which loses nothing.
        """
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
            )
        except (ClientError, BotoCoreError):
            return False
        return True

    def acknowledge(self, record: dict[str, Any]) -> bool:
        """Deletes a message that has its outcome ("DeleteMessage", Amazon SQS API Reference).

        False where that fails: it comes again then, and is a duplicate.
        """
        try:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=record["receiptHandle"])
        except (ClientError, BotoCoreError):
            return False
        return True
