"""Event buses as targets: the event with its source and type, and failures in a response with status 200."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from processor.delivery import EventBusDelivery
from processor.errors import Permanent, Transient
from processor.outcomes import Outcome
from processor.targets.event_buses import EventBuses

BUS = "arn:aws:events:us-east-1:123456789012:event-bus/library"
DELIVERY = EventBusDelivery("r", BUS, "key", "alma-webhooks", "LOAN_CREATED", '{"action": "LOAN"}')


def put(answer: dict[str, Any]) -> Outcome:
    events = boto3.client("events")
    entry = {"EventBusName": BUS, "Source": "alma-webhooks", "DetailType": "LOAN_CREATED", "Detail": DELIVERY.detail}
    with Stubber(events) as stub:
        stub.add_response("put_events", answer, {"Entries": [entry]})
        return EventBuses(events).deliver(DELIVERY).outcome


def test_a_bus_gets_the_event_with_its_source_and_type() -> None:
    """The detail has the fields of the event."""
    assert put({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}) is Outcome.DELIVERED


@pytest.mark.parametrize(
    ("code", "decision"),
    [("MalformedDetail", Permanent), ("ThrottlingException", Transient), ("InternalFailure", Transient)],
)
def test_a_failed_entry_in_a_200_is_a_failure(code: str, decision: type[Exception]) -> None:
    """EventBridge answers 200 and reports the failure in the entry."""
    with pytest.raises(decision, match=code):
        put({"FailedEntryCount": 1, "Entries": [{"ErrorCode": code, "ErrorMessage": "patron"}]})


def test_f30_an_event_that_is_too_large_is_not_sent() -> None:
    """EventBridge would refuse it every time."""
    events = boto3.client("events")
    large = EventBusDelivery("r", BUS, "key", "alma-webhooks", "LOAN_CREATED", f'{{"a": "{"x" * 1_048_576}"}}')
    with Stubber(events), pytest.raises(Permanent, match="too-large"):
        EventBuses(events).deliver(large)


def test_moto_accepts_the_event() -> None:
    """The same call works against EventBridge by moto."""
    events = boto3.client("events")
    events.create_event_bus(Name="library")
    assert EventBuses(events).deliver(DELIVERY).outcome is Outcome.DELIVERED
