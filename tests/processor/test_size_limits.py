"""A delivery beyond the limit of its service is a permanent failure before anything is sent."""

import pytest

from processor.delivery import (
    Delivery,
    EventBusDelivery,
    FunctionDelivery,
    QueueDelivery,
    StateMachineDelivery,
    TopicDelivery,
)
from processor.errors import Permanent
from processor.size_limits import LIMITS, check_fits

PLACE = "deliver[1].input"


def execution(text: str) -> StateMachineDelivery:
    return StateMachineDelivery("r", "pod", "k", "n", text, place=PLACE)


def invocation(text: str) -> FunctionDelivery:
    return FunctionDelivery("r", "f", "k", text, place=PLACE)


def bus_event(text: str) -> EventBusDelivery:
    return EventBusDelivery("r", "b", "k", "é", "é", text[4:], place=PLACE)


def test_f30_an_input_that_is_too_large_is_permanent() -> None:
    """Step Functions would refuse it every time; the reason has both sizes and the solution."""
    check_fits(execution("é" * 131_072))
    with pytest.raises(Permanent, match="the request has 262145 bytes, and Step Functions accepts 262144") as failed:
        check_fits(execution("é" * 131_072 + "x"))
    assert failed.value.members == {
        "class": "too-large",
        "reason": failed.value.reason,
        "route": "r",
        "target": "state_machine:pod",
        "field": PLACE,
    }


@pytest.mark.parametrize(
    ("made", "limit", "advice"),
    [
        (execution, 262_144, "Step Functions accepts 262144; set a smaller input in the route"),
        (invocation, 1_048_576, "Lambda accepts 1048576; set a smaller input or message in the route"),
        (bus_event, 1_048_576, "EventBridge accepts 1048576; set a smaller input in the route"),
    ],
)
def test_f30_each_kind_has_the_limit_of_its_service(made: type[Delivery], limit: int, advice: str) -> None:
    """The last byte that fits is accepted, of an event for a bus with its source and its type; one more is rejected."""
    fits, too_large = made("x" * limit), made("x" * (limit + 1))  # type: ignore[call-arg]
    check_fits(fits)
    with pytest.raises(Permanent) as failed:
        check_fits(too_large)
    assert (failed.value.cause_class, failed.value.field) == ("too-large", PLACE)
    assert failed.value.reason == f"the request has {limit + 1} bytes, and {advice}"
    assert LIMITS[fits.kind].bytes == limit


@pytest.mark.parametrize("kind", [TopicDelivery, QueueDelivery])
def test_messages_have_no_limit_here(kind: type[TopicDelivery | QueueDelivery]) -> None:
    """A large message becomes a pointer, which always fits."""
    check_fits(kind("r", "t", "k", "x" * 2_000_000, {}))
