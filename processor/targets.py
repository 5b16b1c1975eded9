"""Targets: where deliveries go. Each sends one kind of delivery to AWS once; knows no routes and keeps no record."""

from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from processor.delivery import Delivery, StateMachineDelivery, TopicDelivery
from processor.errors import Failure, Permanent, Transient
from processor.outcomes import Outcome

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient

# "Publish", Amazon SNS API Reference, and "StartExecution", AWS Step Functions API Reference: errors that come again
# for the same request, whenever it is sent. Every other error may pass.
_REFUSED_FOR_GOOD = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "InvalidArn",
        "InvalidExecutionInput",
        "InvalidName",
        "InvalidParameter",
        "InvalidParameterException",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "NotFound",
        "NotFoundException",
        "StateMachineDeleting",
        "StateMachineDoesNotExist",
        "ValidationException",
    }
)

OneDelivery = TypeVar("OneDelivery", bound=Delivery, contravariant=True)


class Sent(NamedTuple):
    """What a target did: delivered or duplicate, and the execution's ARN where there is one."""

    outcome: Outcome
    execution: str = ""


class Target(Protocol, Generic[OneDelivery]):
    """One kind of target."""

    def deliver(self, delivery: OneDelivery) -> Sent:
        """Sends once. Raises Permanent or Transient, whose text holds nothing of the event."""
        ...


class Topics:
    """SNS topics: publishes the body with its attributes."""

    def __init__(self, client: "SNSClient", arns: dict[str, str]) -> None:
        self._client = client
        self._arns = arns

    def deliver(self, delivery: TopicDelivery) -> Sent:
        """Publishes once ("Publish", Amazon SNS API Reference). Raises Permanent, Transient."""
        arn = _arn(delivery, self._arns)
        try:
            self._client.publish(
                TopicArn=arn,
                Message=delivery.message,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in delivery.attributes.items()
                },
            )
        except (ClientError, BotoCoreError) as error:
            raise _failure(error, delivery) from None
        return Sent(Outcome.DELIVERED)


class StateMachines:
    """Step Functions state machines: starts an execution, which never starts twice under one name."""

    def __init__(self, client: "SFNClient", arns: dict[str, str]) -> None:
        self._client = client
        self._arns = arns

    def deliver(self, delivery: StateMachineDelivery) -> Sent:
        """Starts the execution ("StartExecution", AWS Step Functions API Reference). Raises Permanent, Transient.

        A name that a finished execution has, or a running one with another input, is a duplicate. AWS answers the same
        name and input while it runs with the running execution, which cannot be told from a new one: delivered.
        """
        arn = _arn(delivery, self._arns)
        execution = f"{arn.replace(':stateMachine:', ':execution:')}:{delivery.execution_name}"
        try:
            self._client.start_execution(stateMachineArn=arn, name=delivery.execution_name, input=delivery.input)
        except self._client.exceptions.ExecutionAlreadyExists:
            return Sent(Outcome.DUPLICATE, execution)
        except (ClientError, BotoCoreError) as error:
            raise _failure(error, delivery) from None
        return Sent(Outcome.DELIVERED, execution)


def _arn(delivery: Delivery, arns: dict[str, str]) -> str:
    if delivery.name.startswith("arn:"):
        return delivery.name
    if delivery.name not in arns:
        reason = f"the stack has no {delivery.kind.replace('_', ' ')} of this name"
        raise Permanent("no-target", reason, route=delivery.route, target=delivery.target)
    return arns[delivery.name]


def _failure(error: ClientError | BotoCoreError, delivery: Delivery) -> Failure:
    # Only the code: the message of an AWS error can quote what was sent.
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    if code in _REFUSED_FOR_GOOD:
        return Permanent("refused", f"AWS answered {code}", route=delivery.route, target=delivery.target)
    return Transient("transient", f"AWS answered {code}", route=delivery.route, target=delivery.target)
