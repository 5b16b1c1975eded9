"""List the permissions that routes need outside the stack, and the template parameters that grant them."""

from typing import Final, NamedTuple

from processor.routing.compiled_routes import CompiledRoutes
from scripts.routes.check import rendered_targets


class Permission(NamedTuple):
    """An action on an ARN outside the stack, and the list parameter of the template that must contain the ARN."""

    action: str
    arn: str
    parameter: str

    def __str__(self) -> str:
        """Return the permission as a line of text."""
        return f"needs {self.action} on {self.arn}: add it to the template's parameter {self.parameter}"


_NEEDED: Final = {
    "topic": (("sns:Publish",), "OutsideTopicArns"),
    "state_machine": (("states:StartExecution",), "OutsideStateMachineArns"),
    "queue": (("sqs:SendMessage", "sqs:GetQueueUrl"), "QueueArns"),
    "event_bus": (("events:PutEvents",), "EventBusArns"),
    "function": (("lambda:InvokeFunction",), "FunctionArns"),
}


def permissions(routes: CompiledRoutes, stage: str | None = None) -> list[Permission]:
    """Return the permissions for the ARNs in the routes of all stages or of one, in their order, each once."""
    needed = [
        Permission(action, name, _NEEDED[kind][1])
        for _, kind, names in rendered_targets(routes, stage)
        for name in names
        if name.startswith("arn:")
        for action in _NEEDED[kind][0]
    ]
    return list(dict.fromkeys(needed))
