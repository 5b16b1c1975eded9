"""What all targets share: the interface, names as ARNs, and what AWS' errors decide. Sends nothing itself."""

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from processor.delivery import Delivery
from processor.errors import Failure, Permanent, Transient
from processor.outcomes import Outcome

# Errors that come again for the same request, whenever it is sent; every other may pass. From the API references' pages
# "Publish" (SNS), "StartExecution" (Step Functions), "SendMessage" (SQS), "PutEvents" (EventBridge), "Invoke" (Lambda).
_REFUSED_FOR_GOOD = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "AWS.SimpleQueueService.NonExistentQueue",
        "InvalidArgument",
        "InvalidArn",
        "InvalidExecutionInput",
        "InvalidMessageContents",
        "InvalidName",
        "InvalidParameter",
        "InvalidParameterException",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "InvalidRequestContentException",
        "MalformedDetail",
        "MissingParameter",
        "NotAuthorizedForDetailTypeException",
        "NotAuthorizedForSourceException",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "RequestTooLargeException",
        "ResourceNotFoundException",
        "StateMachineDeleting",
        "StateMachineDoesNotExist",
        "UnsupportedOperation",
        "ValidationException",
    }
)

_COLONS_OF_AN_ARN = 5

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


def arn_of(delivery: Delivery, arns: Mapping[str, str]) -> str:
    """The ARN that a delivery's name is or stands for. Raises Permanent (no-target)."""
    if delivery.name.startswith("arn:"):
        if delivery.name.count(":") < _COLONS_OF_AN_ARN:
            reason = "this is the beginning of an ARN, and no ARN"
            raise Permanent("no-target", reason, route=delivery.route, target=delivery.target)
        return delivery.name
    if delivery.name not in arns:
        reason = f"the stack has no {delivery.kind.replace('_', ' ')} of this name"
        raise Permanent("no-target", reason, route=delivery.route, target=delivery.target)
    return arns[delivery.name]


def string_attributes(attributes: Mapping[str, str]) -> dict[str, Any]:
    """Attributes as SNS and SQS take them, each a string."""
    return {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}


def failure_of(error: ClientError | BotoCoreError, delivery: Delivery) -> Failure:
    """What an error of AWS decides. Only its code goes on: its message can quote what was sent."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    return failure_by_code(code, delivery)


def failure_by_code(code: str, delivery: Delivery) -> Failure:
    """Permanent where the same request would be refused again, else Transient."""
    if code in _REFUSED_FOR_GOOD:
        return Permanent("refused", f"AWS answered {code}", route=delivery.route, target=delivery.target)
    return Transient("transient", f"AWS answered {code}", route=delivery.route, target=delivery.target)
