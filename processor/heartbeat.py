"""The heartbeat's built-in route: events of its profile go to its topic, and nothing else goes there.

The proof of a deployment and the alarm `heartbeat-missing` rely on what is published to that topic. So the routes of a
routes file do not see the profile's events, and the topic takes events by this route only.
"""

from typing import Final

from ingest.envelope import HEARTBEAT_ACTION, HEARTBEAT_PROFILE
from processor.routing.models import Route

TOPIC: Final = HEARTBEAT_PROFILE
"""The topic's name in routes; the template creates it as STACK-heartbeat."""

ROUTE: Final = Route.model_validate(
    {"name": HEARTBEAT_PROFILE, "when": {"action": [HEARTBEAT_ACTION]}, "deliver": [{"topic": TOPIC}]}
)

NAME_RESERVED: Final = f"the name {ROUTE.name} is reserved for the product's own route; choose another name"
TOPIC_RESERVED: Final = f"the topic {TOPIC} takes the product's own heartbeat only; choose another topic"
