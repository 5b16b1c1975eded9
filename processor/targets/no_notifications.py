"""Takes the place of notifications in a stack that has none."""

from processor.delivery import NotificationDelivery
from processor.errors import Permanent
from processor.targets.target import Sent


class NoNotifications:
    """A target that delivers nothing."""

    def deliver(self, delivery: NotificationDelivery) -> Sent:
        """Raise Permanent (no-target)."""
        raise Permanent(
            "no-target",
            "the stack has no notifications; write notifications: true for its stage in alma-webhooks.yaml and deploy",
            route=delivery.route,
            target=delivery.target,
        )
