"""Postpones or deletes messages on the webhook queue. Lambda receives them."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class WebhookQueue:
    """The SQS queue between ingest and the processor; `record` is Lambda's form of a message."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def postpone(self, record: dict[str, Any], seconds: int) -> bool:
        """Hide a failed message for these seconds ("ChangeMessageVisibility", Amazon SQS API Reference).

        Return False if that fails: the message then comes back after the visibility timeout, and nothing is lost.
        """
        with suppress(ClientError, BotoCoreError):
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
            )
            return True
        return False

    def acknowledge(self, record: dict[str, Any]) -> bool:
        """Delete a message that has its outcome ("DeleteMessage", Amazon SQS API Reference).

        Return False if that fails: the message is then received again, and is a duplicate.
        """
        with suppress(ClientError, BotoCoreError):
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=record["receiptHandle"])
            return True
        return False
