"""The queues whose dead letters the commands can work on, and the stack that has the queues of notifications."""

from enum import StrEnum
from typing import Annotated

import typer

from scripts.aws import mark, stack
from scripts.aws.context import StackContext
from scripts.cli.exit_codes import ConfigurationError


class QueueName(StrEnum):
    """The two queues of a stage that have a dead-letter queue."""

    webhooks = "webhooks"
    notifications = "notifications"

    @property
    def queue(self) -> str:
        """The queue in words."""
        return "webhook queue" if self is QueueName.webhooks else "notifications queue"

    @property
    def lock(self) -> str:
        """The name of the lock that a change of the dead letters holds."""
        return "dead-letters" if self is QueueName.webhooks else "dead-letters-of-notifications"

    @property
    def options(self) -> str:
        """The flag that selects the queue in another command, after a space; empty for the default."""
        return "" if self is QueueName.webhooks else f" --queue {self}"

    @property
    def audited(self) -> dict[str, str]:
        """The members that every audit line has. Those about events have none, and are the only ones to reconcile."""
        return {} if self is QueueName.webhooks else {"queue": str(self)}


QueueOption = Annotated[
    QueueName, typer.Option("--queue", help="Whose dead letters: those of webhooks, or those of notifications.")
]


def notifications_of(scope: StackContext) -> StackContext:
    """Return the context of the notifications stack of a pipeline, with the same clients and address.

    Raise ConfigurationError if the stage has no notifications, RejectedError for a stack of another product, and
    botocore's errors.
    """
    name = f"{scope.stack.name}-{mark.NOTIFICATIONS}"
    described = stack.describe(scope.aws, name)
    if described is None:
        raise ConfigurationError(
            f"Stack {name} not found in {scope.region}, so this stage has no notifications. Set `notifications: true` "
            "in alma-webhooks.yaml and deploy it, or omit --queue."
        )
    mark.check(described, mark.NOTIFICATIONS)
    found = stack.Stack(name, stack.outputs_of(described), stack.parameters_of(described))
    return scope._replace(stack=found)
