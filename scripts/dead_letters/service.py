"""Opens the dead letters of a stack for an operator's command: its queue, and what reads them. Reads none."""

from datetime import datetime
from typing import NamedTuple

from processor.overflow_bucket import OverflowBucket
from scripts.aws.context import StackContext
from scripts.dead_letters.dead_letter_queue import DeadLetterQueue
from scripts.dead_letters.reader import Reader


class DeadLetterStore(NamedTuple):
    """The dead letters of a stack; `now` is AWS' time when they were opened."""

    scope: StackContext
    queue: DeadLetterQueue
    reader: Reader
    now: datetime


def open_dead_letters(scope: StackContext) -> DeadLetterStore:
    """By the stack's outputs. Raises ConfigurationError when they do not tell, and botocore's errors."""
    queue = DeadLetterQueue(scope.aws.sqs, scope.output("DeadLetterQueueUrl", "where its dead letters are"))
    overflow = OverflowBucket(scope.aws.s3, scope.output("OverflowBucketName", "where large bodies are"))
    keeps, now = queue.retention()
    return DeadLetterStore(scope, queue, Reader(overflow, keeps), now)
