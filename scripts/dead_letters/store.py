"""Open the dead letters of a stack for a command: the queue and its reader."""

from datetime import datetime
from typing import NamedTuple

from processor.overflow_bucket import OverflowBucket
from scripts.aws.context import StackContext
from scripts.dead_letters.dead_letter_queue import DeadLetterQueue
from scripts.dead_letters.reader import Reader


class DeadLetterStore(NamedTuple):
    """The dead-letter queue of a stack, its reader, and `now`, AWS' time when it was opened."""

    scope: StackContext
    queue: DeadLetterQueue
    reader: Reader
    now: datetime


def open_dead_letters(scope: StackContext) -> DeadLetterStore:
    """Open by the stack's outputs. Raise ConfigurationError if one is missing, and botocore's errors."""
    queue = DeadLetterQueue(scope.aws.sqs, scope.output("DeadLetterQueueUrl", "where its dead letters are"))
    overflow = OverflowBucket(scope.aws.s3, scope.output("OverflowBucketName", "where large bodies are"))
    retention, now = queue.retention()
    return DeadLetterStore(scope, queue, Reader(overflow, retention), now)
