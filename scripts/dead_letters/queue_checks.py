"""Reject what is not possible with the dead letters of a queue: notifications and messages of parts have no routes."""

from pathlib import Path
from typing import Final

from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reader import ReadDeadLetter

_OF_EVENTS: Final = {
    "actions": "--action",
    "events": "--event",
    "routes": "--route",
    "profiles": "--alma-profile",
    "where": "--where",
}


def check_for_notifications(filters: Filters) -> None:
    """Raise ConfigurationError for a filter that selects events only."""
    for name, flag in _OF_EVENTS.items():
        if getattr(filters, name):
            raise ConfigurationError(
                f"{flag} selects events, not notifications: use IDs, --cause, --target, --since or --until."
            )


def check_can_edit(read: ReadDeadLetter, queue: QueueName) -> None:
    """Raise RejectedError for what is on the notifications queue and not a notification: it has no identity to keep."""
    if queue == QueueName.notifications and read.notification is None:
        raise RejectedError(f"The dead letter {read.summary.id} cannot be edited: {read.problem.rstrip('.')}.")


def check_without_routes(routes: Path | None) -> None:
    """Raise ConfigurationError for a routes file: no route decides about a notification."""
    if routes:
        raise ConfigurationError("--routes is about events: omit it, because no route decides about a notification.")


def check_is_of_product(queue: QueueName, command: str) -> None:
    """Raise ConfigurationError for a queue of a part, where `command`, such as `explain`, cannot know what to do."""
    if queue.is_of_part:
        raise ConfigurationError(
            f"dead-letters {command} knows routes and notifications, but not the function behind the queue {queue}. "
            "See the cause with dead-letters show, correct it, then use dead-letters replay."
        )


def check_replay(queue: QueueName, *, yes: bool, redeliver: bool, wait: bool) -> None:
    """Raise ConfigurationError for flags of a replay that do not fit together, or that a part's queue does not have."""
    if wait and not yes:
        raise ConfigurationError("--wait needs --yes: a dry run sends nothing.")
    if queue.is_of_part and redeliver:
        raise ConfigurationError(f"--redeliver is about targets, which the queue {queue} does not have: omit it.")
    if queue.is_of_part and wait:
        raise ConfigurationError(
            f"--wait reads the logs of the processor and of the sender, which do not know the messages of the queue "
            f"{queue}. Omit it, then list what came back: alma-webhooks dead-letters list --queue {queue}"
        )


def check_can_fix(queue: QueueName) -> None:
    """Raise ConfigurationError unless the queue is that of webhooks."""
    check_is_of_product(queue, "fix")
    if queue == QueueName.notifications:
        raise ConfigurationError(
            "dead-letters fix changes routes and their targets, which notifications do not have. Find what to correct "
            "with dead-letters explain --queue notifications, then use dead-letters replay or edit."
        )
