"""Bodies and events: as large as they say, signed as Alma signs, each another."""

import json

import pytest

from benchmarks import bodies
from benchmarks.answers import SECRET
from ingest import signature
from processor.alma.events import parse


@pytest.mark.parametrize(("name", "size"), bodies.SIZES.items())
def test_a_body_is_about_as_large_as_it_is_called(name: str, size: int) -> None:
    """Within a tenth, and one smallest field; an event that the processor can read."""
    body = bodies.body(size).encode()
    assert size <= len(body) <= size * 1.1 + 150, name
    assert parse(body).event_value == "BIB_UPDATED"


def test_a_body_has_what_costs_something_to_escape() -> None:
    """Quotes, and characters that are no ASCII."""
    body = bodies.body(10_000)
    assert body.count('\\"') > 100
    assert not body.isascii()


def test_another_number_is_another_event() -> None:
    """Of the same length."""
    one, two = bodies.body(1000, 1), bodies.body(1000, 2)
    assert one != two
    assert len(one) == len(two)


def test_the_gateways_event_is_signed() -> None:
    """With the secret that the stub's SSM tells."""
    event = bodies.gateway_event(bodies.body(1000))
    given = event["headers"]["x-exl-signature"]
    assert signature.verify(body=event["body"].encode(), signature=given, secrets=[SECRET]) == 0


def test_the_floor_posts_what_ingest_would() -> None:
    """A SendMessage with the body and the attributes of an envelope."""
    members = json.loads(bodies.wire("body", "https://localhost/q")["wire"])
    assert (members["QueueUrl"], members["MessageBody"]) == ("https://localhost/q", "body")
    assert {"receipt_id", "profile", "signature"} <= members["MessageAttributes"].keys()
