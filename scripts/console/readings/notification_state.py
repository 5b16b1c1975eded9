"""Read what the page of notifications shows. Prints nothing, and knows no HTML."""

from typing import NamedTuple

from scripts.aws.context import StackContext
from scripts.aws.notifications_stack import required_notifications
from scripts.cli.exit_codes import ConfigurationError
from scripts.doctor.notification_overview import NotificationOverview, notification_overview


class NotificationState(NamedTuple):
    """The notifications of a stage; without an overview `missing` says how to get them."""

    overview: NotificationOverview | None
    missing: str = ""


def notification_state(scope: StackContext) -> NotificationState:
    """Return the state of the notifications. Raise what `notification_overview` raises."""
    try:
        required_notifications(scope)
    except ConfigurationError as error:
        return NotificationState(None, str(error))
    return NotificationState(notification_overview(scope))
