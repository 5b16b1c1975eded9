"""The heartbeat's own route, which no routes file has: events of its profile go to its topic, and nothing else does.

The proof of a deployment and the alarm `heartbeat-missing` believe what is published to that topic. So a routes file
can neither take such an event nor publish one: its routes do not see the profile, and the topic takes this route only.
"""

from typing import Final

from ingest.envelope import HEARTBEAT_ACTION, HEARTBEAT_PROFILE
from processor.routes import Route

TOPIC: Final = HEARTBEAT_PROFILE
"""The topic by the name that routes use; the template makes it as STACK-heartbeat."""

ROUTE: Final = Route.model_validate(
    {"name": HEARTBEAT_PROFILE, "when": {"action": [HEARTBEAT_ACTION]}, "deliver": [{"topic": TOPIC}]}
)

NAME_RESERVED: Final = f"the name {ROUTE.name} is reserved for the product's own route; choose another name"
TOPIC_RESERVED: Final = f"the topic {TOPIC} takes the product's own heartbeat only; choose another topic"
