"""Find out whether a topic of notifications could render a delivery. Queues nothing."""

from notifications.compose import compose
from notifications.integrations.table import INTEGRATIONS
from notifications.topic_table import TopicTable
from processor.delivery import NotificationDelivery
from processor.errors import Failure, Permanent
from processor.notification_name import NOT_THERE, key_of
from scripts.aws.context import StackContext
from scripts.aws.target_looks import topics_table


def rendering_failure(context: StackContext, delivery: NotificationDelivery) -> Permanent | None:
    """Return the failure that a replay would have, or None. The topic is one that `look_at` has found."""
    try:
        topic = TopicTable(context.aws.dynamodb, topics_table(context)).by_name(key_of(delivery.name) or "")
        if topic is None:
            raise Permanent("no-target", NOT_THERE)
        compose(topic, delivery.values, delivery.key, INTEGRATIONS)
    except Failure as error:
        place = {"route": delivery.route, "target": delivery.target, "field": delivery.place}
        return Permanent(error.cause_class, error.reason, **place)
    return None
