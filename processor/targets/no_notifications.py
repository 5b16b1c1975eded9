"""Takes the place of notifications in a stack that has none."""

from processor.delivery import NotificationDelivery
from processor.errors import Permanent
from processor.notification_name import SWITCHED_OFF
from processor.targets.target import Sent


class NoNotifications:
    """A target that delivers nothing."""

    def deliver(self, delivery: NotificationDelivery) -> Sent:
        """Raise Permanent (no-target)."""
        raise Permanent("no-target", SWITCHED_OFF, route=delivery.route, target=delivery.target)
