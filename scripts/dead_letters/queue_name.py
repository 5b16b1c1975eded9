"""The queues whose dead letters the commands can work on."""

import re
from typing import Annotated, ClassVar, Final

import typer

from scripts.aws.completion import queues
from scripts.project.part_models import BUILT_IN_QUEUES, NAME_PATTERN


class QueueName(str):
    """The name of a queue that has a dead-letter queue: `webhooks`, `notifications`, or one of a further part."""

    __slots__ = ()

    webhooks: "ClassVar[QueueName]"
    notifications: "ClassVar[QueueName]"

    @property
    def is_of_part(self) -> bool:
        """Whether a further part of the project has the queue."""
        return self not in OF_PRODUCT

    @property
    def queue(self) -> str:
        """The queue in words."""
        return _QUEUES.get(self, f"queue {self}")

    @property
    def noun(self) -> str:
        """What its messages are."""
        return _NOUNS.get(self, "message")

    @property
    def lock(self) -> str:
        """The name of the lock that a change of the dead letters holds."""
        return "dead-letters" if self == QueueName.webhooks else f"dead-letters-of-{self}"

    @property
    def options(self) -> str:
        """The flag that selects the queue in another command, after a space; empty for the default."""
        return "" if self == QueueName.webhooks else f" --queue {self}"

    @property
    def audited(self) -> dict[str, str]:
        """The members that every audit line has. Those about events have none, and are the only ones to reconcile."""
        return {} if self == QueueName.webhooks else {"queue": str(self)}


QueueName.webhooks = QueueName("webhooks")
QueueName.notifications = QueueName("notifications")

_QUEUES: Final[dict[str, str]] = {"webhooks": "webhook queue", "notifications": "notifications queue"}
_NOUNS: Final[dict[str, str]] = {"webhooks": "event", "notifications": "notification"}

OF_PRODUCT: Final = tuple(map(QueueName, BUILT_IN_QUEUES))
"""The queues that a stack can have without further parts."""


def queue_named(text: str) -> QueueName:
    """Return the queue of this name, which the stack may not have. Raise BadParameter for what cannot be a name."""
    if not re.fullmatch(NAME_PATTERN, text):
        raise typer.BadParameter(f"{text!r} is not the name of a queue.")
    return QueueName(text)


QueueOption = Annotated[
    QueueName,
    typer.Option(
        "--queue",
        parser=queue_named,
        metavar="NAME",
        autocompletion=queues,
        help="Whose dead letters: webhooks, notifications, or a queue of a part.",
    ),
]
