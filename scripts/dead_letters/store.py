"""Open the dead letters of a stack: those of events, of notifications, or of a part's queue."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from scripts.aws.context import StackContext
from scripts.aws.notifications_stack import required_notifications
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.queues import DeadLetterQueue
from scripts.dead_letters.reader import Reader

if TYPE_CHECKING:
    from processor.overflow_bucket import OverflowBucket


class DeadLetterStore(NamedTuple):
    """The dead-letter queue of a stack, its bucket of large bodies, their reader, and AWS' time `now`, when opened.

    `queue_name` says whose dead letters they are. `other` is the stack that has the queues if it is not the pipeline's;
    there is no bucket then.
    """

    scope: StackContext
    queue: DeadLetterQueue
    overflow: "OverflowBucket | None"
    reader: Reader
    now: datetime
    queue_name: QueueName = QueueName.webhooks
    other: StackContext | None = None

    @property
    def is_of_notifications(self) -> bool:
        """Whether they are those of notifications."""
        return self.queue_name == QueueName.notifications

    @property
    def owner(self) -> StackContext:
        """The stack that has the queues."""
        return self.other or self.scope


def open_dead_letters(scope: StackContext, name: QueueName = QueueName.webhooks) -> DeadLetterStore:
    """Open by the stack's outputs. Raise ConfigurationError if one is missing, RejectedError, and botocore's errors."""
    if name == QueueName.notifications:
        from scripts.dead_letters.notification_reader import open_notifications  # only now: it imports this module

        return open_notifications(scope, scope._replace(stack=required_notifications(scope)))
    if name.is_of_part:
        from scripts.dead_letters.part_reader import open_part  # the same

        return open_part(scope, name)
    from processor.overflow_bucket import OverflowBucket  # only now, because it imports much of the AWS SDK

    queue = queue_of(scope)
    overflow = OverflowBucket(scope.aws.s3, scope.output("OverflowBucketName", "where large bodies are"))
    retention, now = queue.retention()
    return DeadLetterStore(scope, queue, overflow, Reader(overflow, retention), now)


def queue_of(scope: StackContext) -> DeadLetterQueue:
    """Return the dead-letter queue of a stack. Raise ConfigurationError if the stack has no output for it."""
    return DeadLetterQueue(scope.aws.sqs, scope.output("DeadLetterQueueUrl", "where its dead letters are"))
