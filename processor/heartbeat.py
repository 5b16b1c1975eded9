"""The built-in route of the heartbeat: events of its profile go to its topic, and nothing else does.

The proof of a deployment and the alarm `heartbeat-missing` rely on that topic. So a routes file does not see the events
of the profile, and the topic accepts events from this route only.
"""

from typing import Final

from ingest.envelope import HEARTBEAT_ACTION, HEARTBEAT_PROFILE
from processor.routing.models import Route

PROFILE: Final = HEARTBEAT_PROFILE
TOPIC: Final = HEARTBEAT_PROFILE
"""The name of the topic in routes; the template creates it as STACK-heartbeat."""

ROUTE: Final = Route.model_validate(
    {"name": HEARTBEAT_PROFILE, "when": {"action": [HEARTBEAT_ACTION]}, "deliver": [{"topic": TOPIC}]}
)

NAME_RESERVED: Final = f"the name {ROUTE.name} is reserved for the product's own route; choose another name"
PROFILE_RESERVED: Final = f"routes take no events of the profile {PROFILE}, which is the product's own"
TOPIC_RESERVED: Final = f"the topic {TOPIC} is reserved for the product's own heartbeat; choose another topic"
