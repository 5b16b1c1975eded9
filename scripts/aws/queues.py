"""Read the attributes of SQS queues, which may have been deleted.

"GetQueueAttributes", Amazon SQS API Reference: the counts are approximate.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from scripts.aws.errors import is_gone, suppress_if

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
"""The attributes that add up to the number of messages."""


def queue_count(sqs: "SQSClient", url: str) -> int:
    """Return the approximate number of messages, including those in flight and delayed ones."""
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTS)["Attributes"]
    return sum(int(counts.get(name, "0")) for name in COUNTS)


def queue_count_or_zero(sqs: "SQSClient", url: str) -> int:
    """Return the same, or 0 for a queue that does not exist."""
    counts = queue_attributes(sqs, url, COUNTS) or {}
    return sum(int(counts.get(name, "0")) for name in COUNTS)


def queue_attributes(sqs: "SQSClient", url: str, names: Sequence[str]) -> dict[str, str] | None:
    """Return attributes of a queue, or None if the queue does not exist. Raise botocore's other errors."""
    with suppress_if(is_gone):
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)  # type: ignore[arg-type] # plain strings
        return {str(name): value for name, value in answer.get("Attributes", {}).items()}
    return None
