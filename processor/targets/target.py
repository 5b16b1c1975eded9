"""The shared parts of all targets: the interface, names to ARNs, and failures from AWS errors."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from processor.delivery import POINTER_ATTRIBUTE, Delivery
from processor.errors import Permanent
from processor.outcomes import Outcome
from processor.retries import failures_of_aws

_COLONS_OF_AN_ARN = 5

OneDelivery = TypeVar("OneDelivery", bound=Delivery, contravariant=True)


class Sent(NamedTuple):
    """The result of a delivery: delivered or duplicate, and the ARN of the execution, if any.

    `body_differs` is true for a duplicate whose first event had the same identity and another body. `facts` are more
    numbers for the log, by their names; a duplicate has none, because they are not recorded.
    """

    outcome: Outcome
    execution: str = ""
    body_differs: bool = False
    facts: Mapping[str, int] = MappingProxyType({})

    @property
    def members(self) -> dict[str, Any]:
        """The members for the log."""
        differs = {"body_differs": True} if self.body_differs else {}
        return {"outcome": self.outcome.value, "execution": self.execution, **differs, **self.facts}


class Target(Protocol, Generic[OneDelivery]):
    """One kind of target."""

    def deliver(self, delivery: OneDelivery) -> Sent:
        """Send once. Raise Permanent or Transient, whose text quotes nothing of the event."""
        ...


def arn_of(delivery: Delivery, arns: Mapping[str, str]) -> str:
    """Return the ARN of a delivery's target, given by ARN or by name. Raise Permanent (no-target)."""
    if delivery.name in arns:
        return arns[delivery.name]
    is_arn = delivery.name.startswith("arn:")
    if is_arn and delivery.name.count(":") >= _COLONS_OF_AN_ARN:
        return delivery.name
    missing = f"the stack has no {delivery.kind.replace('_', ' ')} with this name"
    reason = "the ARN is incomplete" if is_arn else missing
    raise Permanent("no-target", reason, route=delivery.route, target=delivery.target)


def typed_attributes(attributes: Mapping[str, str]) -> dict[str, Any]:
    """Return attributes in the form of SNS and SQS: strings, except for the number of a pointer."""
    return {
        name: {"DataType": "Number" if name == POINTER_ATTRIBUTE else "String", "StringValue": value}
        for name, value in attributes.items()
    }


def sending(delivery: Delivery) -> AbstractContextManager[None]:
    """Raise AWS errors as failures of the delivery."""
    return failures_of_aws("refused", route=delivery.route, target=delivery.target)
