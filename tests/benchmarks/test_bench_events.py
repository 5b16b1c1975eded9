"""Requests and messages: as large as they say, signed as Alma signs, each another, and for its kind of target."""

import json
from functools import cache
from pathlib import Path

import pytest

from benchmarks.answers import SECRET
from benchmarks.bench_events import BODY_SIZES, gateway_event, queued_bodies, queued_event, sized_body, wire
from benchmarks.workspace import Workspace
from ingest import signature
from ingest.envelope import Envelope
from processor.alma.events import parse
from processor.routing.compile import load
from processor.routing.router import Router


@pytest.mark.parametrize(("name", "size"), BODY_SIZES.items())
def test_a_body_is_about_as_large_as_it_is_called(name: str, size: int) -> None:
    """Within a tenth, and one smallest field; an event that the processor can read."""
    body = sized_body(size).encode()
    assert size <= len(body) <= size * 1.1 + 150, name
    assert parse(body).event_value == "BIB_UPDATED"


def test_a_body_has_what_costs_something_to_escape() -> None:
    """A body may have quotes and characters outside ASCII."""
    body = sized_body(10_000)
    assert body.count('\\"') > 100
    assert not body.isascii()


def test_another_number_is_another_event() -> None:
    """Of the same length."""
    one, two = sized_body(1000, 1), sized_body(1000, 2)
    assert one != two
    assert len(one) == len(two)


def test_the_gateways_event_is_signed() -> None:
    """The signature has the secret of the stub's SSM."""
    event = gateway_event(sized_body(1000))
    given = event["headers"]["x-exl-signature"]
    assert signature.verify(body=event["body"].encode(), signature=given, secrets=[SECRET]) == 0


def test_the_floor_posts_what_ingest_would() -> None:
    """A SendMessage with the body and the attributes of an envelope."""
    members = json.loads(wire("body", "https://localhost/q")["wire"])
    assert (members["QueueUrl"], members["MessageBody"]) == ("https://localhost/q", "body")
    assert {"receipt_id", "profile", "signature"} <= members["MessageAttributes"].keys()


TARGETS = {
    "topic": ["topic:loan-created"],
    "topic, 200 KB": ["topic:bib-updated"],
    "state machine": ["state_machine:pod"],
    "queue": ["queue:arn:aws:sqs:eu-central-1:000000000000:bench"],
    "event bus": ["event_bus:arn:aws:events:eu-central-1:000000000000:event-bus/bench"],
    "function": ["function:arn:aws:lambda:eu-central-1:000000000000:function:bench"],
    "ignored": [],
}


@cache
def router(routes: Path) -> Router:
    return Router(load(routes), "dev")


def planned(place: Workspace, body: str, number: int) -> tuple[str, list[str]]:
    """The event's identity and its targets, by the routes that are measured."""
    record = queued_event(body, number)["Records"][0]
    values = {name: each["stringValue"] for name, each in record["messageAttributes"].items()}
    envelope = Envelope.decode(record["body"], values, _unread)
    plan = router(Path(place.all_targets, "processor", "routes.yaml")).plan(parse(envelope.body), envelope)
    return plan.identity, [delivery.target for delivery in plan.deliveries]


def _unread(_: object) -> bytes:
    raise AssertionError("No body of these lies in S3.")


@pytest.mark.parametrize("kind", queued_bodies())
def test_each_kind_has_its_target(place: Workspace, kind: str) -> None:
    """One delivery, or none; and every number makes another event of it."""
    body = queued_bodies()[kind]
    identity, targets = planned(place, body, 1)
    assert targets == TARGETS[kind]
    assert planned(place, body, 1)[0] == identity
    assert planned(place, body, 2)[0] != identity
