"""What the routes need to be allowed beyond the stack, and the template's parameters that allow it. Grants nothing."""

from typing import Final, NamedTuple

from processor.routing.models import RoutesFile
from scripts.routes.check import rendered_targets


class Permission(NamedTuple):
    """One action on one ARN outside the stack, and the template's list parameter that the ARN belongs into."""

    action: str
    arn: str
    parameter: str

    def __str__(self) -> str:
        """One line for people."""
        return f"needs {self.action} on {self.arn}: add it to the template's parameter {self.parameter}"


_NEEDED: Final = {
    "topic": (("sns:Publish",), "OutsideTopicArns"),
    "state_machine": (("states:StartExecution",), "OutsideStateMachineArns"),
    "queue": (("sqs:SendMessage", "sqs:GetQueueUrl"), "QueueArns"),
    "event_bus": (("events:PutEvents",), "EventBusArns"),
    "function": (("lambda:InvokeFunction",), "FunctionArns"),
}


def permissions(file: RoutesFile) -> list[Permission]:
    """What the ARNs need that the routes name, in the order of the routes; each once."""
    needed = [
        Permission(action, name, _NEEDED[kind][1])
        for _, kind, names in rendered_targets(file)
        for name in names
        if name.startswith("arn:")
        for action in _NEEDED[kind][0]
    ]
    return list(dict.fromkeys(needed))
