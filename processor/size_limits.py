"""The size limits of targets that get JSON. Topics and queues have none: a large message becomes a pointer."""

from typing import Final, NamedTuple

from processor.delivery import Delivery, EventBusDelivery, FunctionDelivery, StateMachineDelivery
from processor.errors import Permanent


class SizeLimit(NamedTuple):
    """The largest request that a service accepts, in bytes, and the fields of a route that make it smaller."""

    service: str
    bytes: int
    fields: str


LIMITS: Final = {
    # "StartExecution", AWS Step Functions API Reference: the input, in UTF-8.
    "state_machine": SizeLimit("Step Functions", 262_144, "input"),
    # "Invoke", AWS Lambda API Reference: 1 MB for the payload of an asynchronous invocation.
    "function": SizeLimit("Lambda", 1_048_576, "input or message"),
    # "Calculating PutEvents event entry size", Amazon EventBridge User Guide: source, type and detail, in UTF-8.
    "event_bus": SizeLimit("EventBridge", 1_048_576, "input"),
}


def check_fits(delivery: Delivery) -> None:
    """Raise Permanent (too-large) for a delivery that its service would reject every time."""
    limit = LIMITS.get(delivery.kind)
    if limit and (size := _size(delivery)) > limit.bytes:
        accepts = f"{limit.service} accepts {limit.bytes}"
        reason = f"the request has {size} bytes, and {accepts}; set a smaller {limit.fields} in the route"
        raise Permanent("too-large", reason, route=delivery.route, target=delivery.target, field=delivery.place)


def _size(delivery: Delivery) -> int:
    match delivery:
        case StateMachineDelivery(input=text) | FunctionDelivery(payload=text):
            return len(text.encode())
        case EventBusDelivery(source=source, detail_type=detail_type, detail=detail):
            return sum(len(text.encode()) for text in (source, detail_type, detail))
    return 0
