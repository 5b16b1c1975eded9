"""The queues whose dead letters the commands can work on."""

from enum import StrEnum
from typing import Annotated

import typer


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
