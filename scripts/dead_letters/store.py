"""Open the dead letters of a stack: those of events, or those of notifications."""

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

    `notifications` is the stack of the queue if the dead letters are those of notifications, which have no bucket.
    """

    scope: StackContext
    queue: DeadLetterQueue
    overflow: "OverflowBucket | None"
    reader: Reader
    now: datetime
    notifications: StackContext | None = None

    @property
    def queue_name(self) -> QueueName:
        """Whose dead letters they are."""
        return QueueName.notifications if self.is_of_notifications else QueueName.webhooks

    @property
    def is_of_notifications(self) -> bool:
        """Whether they are those of notifications."""
        return self.notifications is not None

    @property
    def owner(self) -> StackContext:
        """The stack that has the queues."""
        return self.notifications or self.scope


def open_dead_letters(scope: StackContext, name: QueueName = QueueName.webhooks) -> DeadLetterStore:
    """Open by the stack's outputs. Raise ConfigurationError if one is missing, RejectedError, and botocore's errors."""
    if name is QueueName.notifications:
        from scripts.dead_letters.notification_reader import open_notifications  # only now: it imports this module

        return open_notifications(scope, scope._replace(stack=required_notifications(scope)))
    from processor.overflow_bucket import OverflowBucket  # only now, because it imports much of the AWS SDK

    queue = queue_of(scope)
    overflow = OverflowBucket(scope.aws.s3, scope.output("OverflowBucketName", "where large bodies are"))
    retention, now = queue.retention()
    return DeadLetterStore(scope, queue, overflow, Reader(overflow, retention), now)


def queue_of(scope: StackContext) -> DeadLetterQueue:
    """Return the dead-letter queue of a stack. Raise ConfigurationError if the stack has no output for it."""
    return DeadLetterQueue(scope.aws.sqs, scope.output("DeadLetterQueueUrl", "where its dead letters are"))
