"""The shared parts of all targets: the interface, names to ARNs, and failures from AWS errors."""

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
    """The result of a delivery: delivered or duplicate, and the ARN of the execution, if any.

    `body_differs` is true for a duplicate whose first event had the same identity and another body.
    """

    outcome: Outcome
    execution: str = ""
    body_differs: bool = False

    @property
    def members(self) -> dict[str, Any]:
        """The members for the log."""
        differs = {"body_differs": True} if self.body_differs else {}
        return {"outcome": self.outcome.value, "execution": self.execution, **differs}


class Target(Protocol, Generic[OneDelivery]):
    """One kind of target."""

    def deliver(self, delivery: OneDelivery) -> Sent:
        """Send once. Raise Permanent or Transient, whose text quotes nothing of the event."""
        ...


def arn_of(delivery: Delivery, arns: Mapping[str, str]) -> str:
    """Return the ARN of a delivery's target, given by ARN or by name. Raise Permanent (no-target)."""
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
    """Return attributes in the form of SNS and SQS: strings, except for the number of a pointer."""
    return {
        name: {"DataType": "Number" if name == POINTER_ATTRIBUTE else "String", "StringValue": value}
        for name, value in attributes.items()
    }


def failure_of(error: ClientError | BotoCoreError, delivery: Delivery) -> Failure:
    """Return the failure for an AWS error, with its code only: its message can quote the request."""
    return failure_by_code(code_of(error), delivery)


def failure_by_code(code: str, delivery: Delivery) -> Failure:
    """Return Permanent if the same request would be refused again, otherwise Transient."""
    reason = f"AWS answered {code}"
    if is_retryable(code):
        return Transient("transient", reason, route=delivery.route, target=delivery.target)
    cause_class: CauseClass = "too-large" if code in _TOO_LARGE else "refused"
    return Permanent(cause_class, reason, route=delivery.route, target=delivery.target)
