"""A topic of the stack that does not exist, as `doctor` finds it and as the cause of a dead letter."""

from typing import Any

from scripts.doctor.repair.faults import Remedy, ResourceFault
from scripts.doctor.repair.stack_parts import StackResource, StackResources


def missing_topic(logical_id: str, arn: str) -> ResourceFault:
    """Return the fault of a topic that was deleted by hand."""
    return ResourceFault(
        StackResources("alma-webhooks-dev", {"Resources": {}}, ()),
        StackResource(logical_id, "AWS::SNS::Topic", arn),
        Remedy.recreate,
        f"the topic {arn} does not exist",
    )


def not_found(route: str, topic: str) -> dict[str, Any]:
    """Return the recorded cause of a dead letter whose topic was missing."""
    return {
        "class": "refused",
        "reason": "AWS returned NotFound",
        "route": route,
        "target": f"topic:{topic}",
        "attempts": 1,
    }
