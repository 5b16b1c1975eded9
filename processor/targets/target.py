"""What all targets share: the interface, names as ARNs, and what AWS' errors decide. Sends nothing itself."""

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from processor.delivery import POINTER_ATTRIBUTE, Delivery
from processor.errors import CauseClass, Failure, Permanent, Transient
from processor.outcomes import Outcome
from processor.retries import code_of, is_retryable

_COLONS_OF_AN_ARN = 5

_TOO_LARGE = frozenset(
    {"RequestTooLargeException", "RequestEntityTooLargeException", "SerializedRequestEntityTooLargeException"}
)

OneDelivery = TypeVar("OneDelivery", bound=Delivery, contravariant=True)


class Sent(NamedTuple):
    """What became of a delivery: delivered or duplicate, and the execution's ARN where there is one.

    `body_differs`: it is a duplicate of an event that had the same identity and another body.
    """

    outcome: Outcome
    execution: str = ""
    body_differs: bool = False

    @property
    def members(self) -> dict[str, Any]:
        """What the log says of it."""
        differs = {"body_differs": True} if self.body_differs else {}
        return {"outcome": self.outcome.value, "execution": self.execution, **differs}


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


def typed_attributes(attributes: Mapping[str, str]) -> dict[str, Any]:
    """Attributes as SNS and SQS take them, each a string but for the pointer's, which is a number."""
    return {
        name: {"DataType": "Number" if name == POINTER_ATTRIBUTE else "String", "StringValue": value}
        for name, value in attributes.items()
    }


def failure_of(error: ClientError | BotoCoreError, delivery: Delivery) -> Failure:
    """What an error of AWS decides. Only its code goes on: its message can quote what was sent."""
    return failure_by_code(code_of(error), delivery)


def failure_by_code(code: str, delivery: Delivery) -> Failure:
    """Permanent where the same request would be refused again, else Transient."""
    reason = f"AWS answered {code}"
    if is_retryable(code):
        return Transient("transient", reason, route=delivery.route, target=delivery.target)
    cause_class: CauseClass = "too-large" if code in _TOO_LARGE else "refused"
    return Permanent(cause_class, reason, route=delivery.route, target=delivery.target)
