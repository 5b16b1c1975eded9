"""Routes with one entry and an own body, and what its target gets."""

import json

from processor.alma.events import parse
from processor.delivery import (
    Delivery,
    EventBusDelivery,
    FunctionDelivery,
    MessageDelivery,
    StateMachineDelivery,
)
from processor.errors import Permanent
from processor.routing.compile import compile_routes
from processor.routing.router import Router
from tests.samples import STAGES, envelope_of

TOPIC = "topic: t"
QUEUE = 'queue: "arn:aws:sqs:us-east-1:123456789012:q"'
MACHINE = "state_machine: s"
BUS = 'event_bus: "arn:aws:events:us-east-1:123456789012:event-bus/b"'
FUNCTION = 'function: "arn:aws:lambda:us-east-1:123456789012:function:f"'
NOTIFICATION = "notification: library/jobs"

LOAN = {"loan_id": "7", "title": 'Die "Räuber"', "renewable": True, "count": 3, "tags": ["a", "b"], "note": None}
BODY = json.dumps({"action": "LOAN", "item_loan": LOAN}).encode()

NOT_AN_OBJECT = "the input is not a JSON object, and EventBridge accepts nothing else"
EMPTY = "the message is empty, which SNS and SQS reject"


def routes_with(entry: str) -> str:
    return f"{STAGES}routes:\n  - name: loans\n    deliver:\n      - {entry}\n"


def steps(entry: str, body: bytes = BODY) -> list[Delivery | Permanent]:
    """Return the steps for the event by a route with one entry, the lines of which are indented by 8."""
    return Router(compile_routes(routes_with(entry)), "dev").plan(parse(body), envelope_of(body)).steps


def sent(entry: str, body: bytes = BODY) -> str:
    """Return the text that the target gets."""
    [step] = steps(entry, body)
    match step:
        case MessageDelivery(message=text) | EventBusDelivery(detail=text) | FunctionDelivery(payload=text):
            return text
        case StateMachineDelivery(input=text):
            return text
    raise AssertionError(step)


def failure(entry: str) -> Permanent:
    [step] = steps(entry)
    assert isinstance(step, Permanent), step
    return step
