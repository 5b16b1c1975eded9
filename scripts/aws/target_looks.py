"""Check whether a target of routes exists in AWS and has the right type. Delivers nothing to it.

"GetTopicAttributes" (SNS), "DescribeStateMachine" (Step Functions), "GetQueueUrl" (SQS), "DescribeEventBus"
(EventBridge) and "GetFunctionConfiguration" (Lambda), the services' API References.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.context import StackContext
from scripts.aws.errors import is_gone


class There(Enum):
    """The state of a target."""

    yes = "it is there"
    gone = "it is not there"
    unnamed = "the stack has none of this name"
    wrong = "it is there, and cannot serve"


class TargetLook(NamedTuple):
    """The result for one target. `wrong` is its type or state if it cannot be used."""

    kind: str
    name: str
    arn: str | None
    there: There
    wrong: str = ""

    @property
    def words(self) -> str:
        """The kind in words for people."""
        return self.kind.replace("_", " ")


def look_at(scope: StackContext, kind: str, name: str) -> TargetLook:
    """Look a target up by its name in the stack, or by its ARN. Raise botocore's errors."""
    arn = arn_of(scope, kind, name)
    if arn is None:
        return TargetLook(kind, name, None, There.unnamed)
    try:
        wrong = _LOOKS[kind](scope, arn)
    except ClientError as error:
        if not is_gone(error):
            raise
        return TargetLook(kind, name, arn, There.gone)
    return TargetLook(kind, name, arn, There.wrong if wrong else There.yes, wrong)


def arn_of(scope: StackContext, kind: str, name: str) -> str | None:
    """Return the ARN of a name in a route, or None if the stack has no such target."""
    if name.startswith("arn:"):
        return name
    return {"topic": scope.stack.topics, "state_machine": scope.stack.state_machines}.get(kind, {}).get(name)


def is_topic_of_stack(scope: StackContext, kind: str, arn: str | None) -> bool:
    """Return whether the stack created the topic, so that `doctor --fix` can create it again."""
    return kind == "topic" and arn in scope.stack.topics.values()


def _topic(scope: StackContext, arn: str) -> str:
    scope.aws.sns.get_topic_attributes(TopicArn=arn)
    return ""


def _state_machine(scope: StackContext, arn: str) -> str:
    """Return the type or state that is wrong, or an empty text."""
    found = scope.aws.states.describe_state_machine(stateMachineArn=arn)
    if found["type"] != "STANDARD":
        return found["type"]
    return "" if found.get("status", "ACTIVE") == "ACTIVE" else "being deleted"


def _queue(scope: StackContext, arn: str) -> str:
    *_, account, name = arn.split(":")
    scope.aws.sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
    return ""


def _event_bus(scope: StackContext, arn: str) -> str:
    scope.aws.events.describe_event_bus(Name=arn)
    return ""


def _function(scope: StackContext, arn: str) -> str:
    scope.aws.functions.get_function_configuration(FunctionName=arn)
    return ""


_LOOKS: Final[dict[str, Callable[[StackContext, str], str]]] = {
    "topic": _topic,
    "state_machine": _state_machine,
    "queue": _queue,
    "event_bus": _event_bus,
    "function": _function,
}
