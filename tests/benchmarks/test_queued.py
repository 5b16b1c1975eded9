"""The messages for the processor: each kind goes to its kind of target."""

from pathlib import Path

import pytest

from benchmarks import queued
from benchmarks.workspace import Workspace
from ingest.envelope import Envelope
from processor.alma.events import parse
from processor.routing.compile import load
from processor.routing.router import Router

TARGETS = {
    "topic": ["topic:loan-created"],
    "topic, 200 KB": ["topic:bib-updated"],
    "state machine": ["state_machine:pod"],
    "queue": ["queue:arn:aws:sqs:eu-central-1:000000000000:bench"],
    "event bus": ["event_bus:arn:aws:events:eu-central-1:000000000000:event-bus/bench"],
    "function": ["function:arn:aws:lambda:eu-central-1:000000000000:function:bench"],
    "ignored": [],
}


def planned(place: Workspace, body: str, number: int) -> tuple[str, list[str]]:
    """The event's identity and its targets, by the routes that are measured."""
    record = queued.record(body, number)
    values = {name: each["stringValue"] for name, each in record["messageAttributes"].items()}
    envelope = Envelope.decode(record["body"], values, _unread)
    routes = load(Path(place.all_targets, "processor", "routes.yaml"))
    plan = Router(routes, "dev").plan(parse(envelope.body), envelope)
    return plan.identity, [delivery.target for delivery in plan.deliveries]


def _unread(_: object) -> bytes:
    raise AssertionError("No body of these lies in S3.")


@pytest.mark.parametrize("kind", queued.kinds())
def test_each_kind_has_its_target(place: Workspace, kind: str) -> None:
    """One delivery, or none; and every number makes another event of it."""
    body = queued.kinds()[kind]
    identity, targets = planned(place, body, 1)
    assert targets == TARGETS[kind]
    assert planned(place, body, 1)[0] == identity
    assert planned(place, body, 2)[0] != identity
