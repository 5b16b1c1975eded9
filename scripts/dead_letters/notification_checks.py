"""Reject what notifications do not have: an Alma profile, an event and a route."""

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
    if queue is QueueName.notifications and read.notification is None:
        raise RejectedError(f"The dead letter {read.summary.id} cannot be edited: {read.problem.rstrip('.')}.")


def check_can_fix(queue: QueueName) -> None:
    """Raise ConfigurationError for notifications."""
    if queue is QueueName.notifications:
        raise ConfigurationError(
            "dead-letters fix changes routes and their targets, which notifications do not have. Find what to correct "
            "with dead-letters explain --queue notifications, then use dead-letters replay or edit."
        )
