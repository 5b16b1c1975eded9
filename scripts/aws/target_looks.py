"""Check whether a target of routes exists in AWS and has the right type. Delivers nothing to it.

"GetTopicAttributes" (SNS), "DescribeStateMachine" (Step Functions), "GetQueueUrl" (SQS), "DescribeEventBus"
(EventBridge), "GetFunctionConfiguration" (Lambda) and "GetItem" (DynamoDB), the services' API References.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

from processor.delivery import NotificationDelivery
from processor.notification_name import FORM, NOT_THERE, SWITCHED_OFF, key_of
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.aws.errors import is_gone, suppress_if
from scripts.aws.mark import NOTIFICATIONS


class There(Enum):
    """The state of a target."""

    yes = "it is there"
    gone = "it is not there"
    unnamed = "the stack has none of this name"
    wrong = "it is there, and cannot serve"


class TargetLook(NamedTuple):
    """The result for one target. `wrong` is its type or state if it cannot be used, or why the stack has none."""

    kind: str
    name: str
    arn: str | None
    there: There
    wrong: str = ""

    @property
    def words(self) -> str:
        """The kind in words for people."""
        return self.kind.replace("_", " ")


def look_at(context: StackContext, kind: str, name: str) -> TargetLook:
    """Look a target up by its name in the stack, or by its ARN. Raise botocore's errors."""
    if kind == NotificationDelivery.kind:
        return _look_at_topic(context, name)
    arn = arn_of(context, kind, name)
    if arn is None:
        return TargetLook(kind, name, None, There.unnamed)
    with suppress_if(is_gone):
        found = _LOOKS[kind](context.aws, arn)
        wrong = _wrong(found) if kind == "state_machine" else ""
        return TargetLook(kind, name, arn, There.wrong if wrong else There.yes, wrong)
    return TargetLook(kind, name, arn, There.gone)


def _look_at_topic(context: StackContext, name: str) -> TargetLook:
    """Look up a topic of notifications in their table. Raise botocore's errors."""
    key, wrong = key_of(name), NOT_THERE
    if key is None:
        wrong = f"the target {FORM}"
    elif context.stack.parameters.get("Notifications") != "true":
        wrong = SWITCHED_OFF
    elif _has_topic(context, key):
        return TargetLook(NotificationDelivery.kind, name, None, There.yes)
    return TargetLook(NotificationDelivery.kind, name, None, There.unnamed, wrong)


def topics_table(context: StackContext) -> str:
    """Return the name of the table of topics of notifications, which the processor knows by this name too."""
    return f"{context.stack.name}-{NOTIFICATIONS}-topics"


def _has_topic(context: StackContext, key: str) -> bool:
    answer = context.aws.dynamodb.get_item(
        TableName=topics_table(context),
        Key={"Name": {"S": key}},
        ProjectionExpression="#id",
        ExpressionAttributeNames={"#id": "Id"},
    )
    return "Item" in answer


def arn_of(context: StackContext, kind: str, name: str) -> str | None:
    """Return the ARN of a name in a route, or None if the stack has no such target."""
    if name.startswith("arn:"):
        return name
    return {"topic": context.stack.topics, "state_machine": context.stack.state_machines}.get(kind, {}).get(name)


def is_topic_of_stack(context: StackContext, kind: str, arn: str | None) -> bool:
    """Return whether the stack created the topic, so that `doctor --fix` can create it again."""
    return kind == "topic" and arn in context.stack.topics.values()


def _account_of(arn: str) -> str:
    return arn.split(":")[4]


def _name_of(arn: str) -> str:
    return arn.rpartition(":")[2]


# The call that finds a target of each kind.
_LOOKS: Final[dict[str, Callable[[Aws, str], Mapping[str, Any]]]] = {
    "topic": lambda aws, arn: aws.sns.get_topic_attributes(TopicArn=arn),
    "state_machine": lambda aws, arn: aws.states.describe_state_machine(stateMachineArn=arn),
    "queue": lambda aws, arn: aws.sqs.get_queue_url(QueueName=_name_of(arn), QueueOwnerAWSAccountId=_account_of(arn)),
    "event_bus": lambda aws, arn: aws.events.describe_event_bus(Name=arn),
    "function": lambda aws, arn: aws.functions.get_function_configuration(FunctionName=arn),
}


def _wrong(state_machine: Mapping[str, Any]) -> str:
    """Return the type or state of a state machine that is wrong, or an empty text."""
    if state_machine["type"] != "STANDARD":
        return str(state_machine["type"])
    return "" if state_machine.get("status", "ACTIVE") == "ACTIVE" else "being deleted"
