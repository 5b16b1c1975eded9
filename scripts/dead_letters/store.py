"""Open the dead letters of a stack: those of events, of notifications, or of a part's queue."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from scripts.aws.context import StackContext
from scripts.aws.notifications_stack import required_notifications
from scripts.aws.part_stacks import queue_of_part
from scripts.dead_letters.notification_reader import NotificationReader
from scripts.dead_letters.queue_name import OF_PRODUCT, QueueName
from scripts.dead_letters.queues import DeadLetterQueue
from scripts.dead_letters.reader import PartReader, Reader

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
        return open_notifications(scope, scope._replace(stack=required_notifications(scope)))
    if name.is_of_part:
        found = queue_of_part(scope, name, OF_PRODUCT)
        # The URLs of this queue under the names that a pipeline's outputs have.
        urls = {"QueueUrl": found.url, "DeadLetterQueueUrl": found.dead_letters_url}
        stack = found.stack._replace(outputs=found.stack.outputs | urls)
        return _opened(scope, name, PartReader, scope._replace(stack=stack))
    return _opened(scope, name, Reader)


def open_notifications(scope: StackContext, notifications: StackContext) -> DeadLetterStore:
    """Open the dead letters of the notifications stack of a pipeline. Raise as `open_dead_letters`."""
    return _opened(scope, QueueName.notifications, NotificationReader, notifications)


def _opened(
    scope: StackContext, name: QueueName, reader: type[Reader], other: StackContext | None = None
) -> DeadLetterStore:
    queue = DeadLetterQueue(scope.aws.sqs, (other or scope).output("DeadLetterQueueUrl", "where its dead letters are"))
    overflow = None
    if other is None:
        from processor.overflow_bucket import OverflowBucket  # only now, because it imports much of the AWS SDK

        overflow = OverflowBucket(scope.aws.s3, scope.output("OverflowBucketName", "where large bodies are"))
    retention, now = queue.retention()
    return DeadLetterStore(scope, queue, overflow, reader(overflow, retention), now, name, other)
