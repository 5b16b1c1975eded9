"""Reject what is about events only: notifications have no Alma profile, event and route."""

from typing import Final

from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.queue_name import QueueName

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


def check_can_fix(queue: QueueName) -> None:
    """Raise ConfigurationError for notifications."""
    if queue is QueueName.notifications:
        raise ConfigurationError(
            "dead-letters fix changes routes and their targets, which notifications do not have. Find what to correct "
            "with dead-letters explain --queue notifications, then use dead-letters replay or edit."
        )
