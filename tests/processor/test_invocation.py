"""The records of an invocation: where they are from, their attributes, and how often they were received."""

from typing import Any

import pytest

from processor.invocation import attributes_of, receives_of, sqs_records

RECORD = {"eventSource": "aws:sqs", "body": "text"}


def test_the_records_of_sqs_are_returned() -> None:
    """As they are, also if there are none."""
    assert sqs_records({"Records": [RECORD, RECORD]}, "") == [RECORD, RECORD]
    assert sqs_records({"Records": []}, "") == []


@pytest.mark.parametrize(
    "event",
    [
        *({}, [], None, "Records", {"Records": None}, {"Records": {}}, {"records": [RECORD]}),
        *({"Records": [RECORD, other]} for other in ({"eventSource": "aws:sns"}, {"body": "text"}, "aws:sqs", None)),
    ],
)
def test_f34_an_event_from_elsewhere_is_rejected_with_advice(event: Any) -> None:
    """Also if only one of its records is from elsewhere."""
    with pytest.raises(ValueError, match=r"^This function only accepts events from SQS; send it there\.$"):
        sqs_records(event, "send it there")


@pytest.mark.parametrize(
    ("attributes", "texts"),
    [
        ({"a": {"stringValue": "1", "dataType": "String"}, "b": {"dataType": "Binary"}}, {"a": "1", "b": ""}),
        ({"a": {"stringValue": None}}, {"a": ""}),
        ({}, {}),
        (None, {}),
    ],
)
def test_attributes_without_a_text_are_empty(attributes: Any, texts: dict[str, str]) -> None:
    """A message of somebody else can have them."""
    assert attributes_of({"messageAttributes": attributes}) == texts


def test_a_record_without_attributes_has_none() -> None:
    """Like one of a test event."""
    assert attributes_of({}) == {}


@pytest.mark.parametrize(
    ("attributes", "receives"),
    [
        ({"ApproximateReceiveCount": "7"}, 7),
        ({"ApproximateReceiveCount": "0"}, 1),
        ({"ApproximateReceiveCount": "x"}, 1),
        ({"ApproximateReceiveCount": 7}, 1),
        ({}, 1),
        (None, 1),
    ],
)
def test_a_receive_count_that_sqs_does_not_say_is_one(attributes: Any, receives: int) -> None:
    """The message is then retried as after its first receive."""
    assert receives_of({"attributes": attributes}) == receives
