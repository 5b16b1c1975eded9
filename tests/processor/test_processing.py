"""Processing: one record to its outcome, its one log line, and failures that quote nothing."""

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from processor.delivery import Delivery
from processor.errors import Permanent, Transient
from processor.outcomes import Outcome
from processor.processing import Processor
from processor.route_checks import load
from processor.routes import read
from processor.routing import Router
from processor.targets.target import Sent
from tests.samples import STAGES, body_of, envelope_of, record_of

NUMBERS = itertools.count()
SHIPPED = load(Path(__file__).parents[2] / "processor" / "routes.yaml")
FAN_OUT = f"{STAGES}routes: [{{name: r, deliver: [{{topic: first}}, {{topic: second}}, {{topic: third}}]}}]"


class FakeTarget:
    """Remembers deliveries; does what it is told for a target's name."""

    def __init__(self, behaviour: dict[str, Callable[[], Sent]] | None = None) -> None:
        self.delivered: list[str] = []
        self._behaviour = behaviour or {}

    def deliver(self, delivery: Delivery) -> Sent:
        sent = self._behaviour.get(delivery.name, lambda: Sent(Outcome.DELIVERED))()
        self.delivered.append(delivery.name)
        return sent


class Case:
    """A processor over a fake target, and the lines that it logs."""

    def __init__(self, router: Router, behaviour: dict[str, Callable[[], Sent]] | None = None) -> None:
        self.target = FakeTarget(behaviour)
        self._stream = io.StringIO()
        logger = Logger(service=f"test-{next(NUMBERS)}", stream=self._stream)  # loggers are kept by name for ever
        ticks = iter([10.0, 10.25])
        targets = {"topic": self.target, "state_machine": self.target}
        self.processor = Processor(router, targets, logger, monotonic=lambda: next(ticks))

    @property
    def line(self) -> dict[str, Any]:
        [line] = self._stream.getvalue().splitlines()
        return dict(json.loads(line))


def shipped(behaviour: dict[str, Callable[[], Sent]] | None = None) -> Case:
    return Case(Router(SHIPPED, "dev"), behaviour)


def fan_out(behaviour: dict[str, Callable[[], Sent]]) -> Case:
    return Case(Router(read(FAN_OUT).routes, "dev"), behaviour)


def failing(error: Exception) -> Callable[[], Sent]:
    def fail() -> Sent:
        raise error

    return fail


def test_an_event_is_delivered_and_logged_once() -> None:
    """One line says what came of the event, with what an operator searches for and nothing of the body."""
    case = shipped()
    assert case.processor.process(record_of(envelope_of(body_of("loan-created")))) is Outcome.DELIVERED
    assert case.target.delivered == ["loan-created"]
    line = case.line
    assert line["message"] == "outcome"
    assert line["outcome"] == "delivered"
    assert (line["receipt_id"], line["profile"], line["action"]) == ("receipt-1", "alma", "LOAN")
    assert (line["event"], line["duration_ms"], len(line["identity"])) == ("LOAN_CREATED", 250.0, 64)
    expected = {"route": "loans", "target": "topic:loan-created", "outcome": "delivered", "execution": ""}
    assert line["deliveries"] == [expected]
    assert "invented-patron" not in json.dumps(line)


def test_f22_long_codes_do_not_get_into_the_log() -> None:
    """What stands where a code should is cut: a body cannot be smuggled into a line."""
    case = shipped()
    body = json.dumps({"action": "x" * 9000, "event": {"value": "y" * 9000}}).encode()
    case.processor.process(record_of(envelope_of(body)))
    assert len(case.line["action"]) == len(case.line["event"]) == 256
    assert len(json.dumps(case.line)) < 2000


def test_an_event_that_no_route_wants_is_ignored() -> None:
    """A job that is nobody's ends well, without a delivery."""
    case = shipped()
    assert case.processor.process(record_of(envelope_of(body_of("job-end-other")))) is Outcome.IGNORED
    assert case.target.delivered == []
    assert case.line["outcome"] == "ignored"


def test_a_delivery_that_was_made_before_is_a_duplicate() -> None:
    """Nothing new at any target makes the event a duplicate."""
    case = shipped({"pod": lambda: Sent(Outcome.DUPLICATE, "arn:of:the:first")})
    assert case.processor.process(record_of(envelope_of(body_of("job-end-pod")))) is Outcome.DUPLICATE
    assert case.line["deliveries"][0]["execution"] == "arn:of:the:first"


@pytest.mark.parametrize(
    ("second", "third", "raised"),
    [
        (Permanent("refused", "no"), None, Permanent),
        (Transient("transient", "later"), None, Transient),
        (Permanent("refused", "no"), Transient("transient", "later"), Transient),
        (RuntimeError("patron-4711"), Permanent("refused", "no"), Transient),
    ],
)
def test_a_failed_target_does_not_keep_the_others_from_theirs(
    second: Exception, third: Exception | None, raised: type[Exception]
) -> None:
    """All targets are tried; if one failure may pass, the message comes back, else it is dead."""
    case = fan_out({"second": failing(second)} | ({"third": failing(third)} if third else {}))
    with pytest.raises(raised) as failed:
        case.processor.process(record_of(envelope_of(body_of("bib-updated"))))
    assert case.target.delivered == (["first"] if third else ["first", "third"])
    assert case.line["message"] == "retry"
    assert "outcome" not in case.line
    assert case.line["deliveries"][0]["outcome"] == "delivered"
    assert "patron" not in str(failed.value) + json.dumps(case.line)


def test_an_unknown_exception_goes_on_as_its_class_and_place_only() -> None:
    """An exception that is not ours can quote the body, so neither its text nor its chain goes on."""
    case = shipped({"loan-created": failing(KeyError("patron-4711"))})
    with pytest.raises(Transient, match=r"KeyError at test_processing\.py:\d+") as failed:
        case.processor.process(record_of(envelope_of(body_of("loan-created"))))
    assert failed.value.category == "unknown"
    assert failed.value.__suppress_context__
    assert failed.value.__cause__ is None
    assert "patron" not in json.dumps(case.line)


def test_a_body_that_is_no_event_is_permanent() -> None:
    """Poison fails with its reason, after the receipt id has been logged with it."""
    case = shipped()
    with pytest.raises(Permanent, match="not-parsed"):
        case.processor.process(record_of(envelope_of(b"<patron-4711/>")))
    assert (case.line["receipt_id"], case.line["failure"]) == ("receipt-1", "not-parsed")
    assert case.line["reason"].startswith("The body is XML without members; set the format")
    assert "patron" not in json.dumps(case.line)


@pytest.mark.parametrize(
    ("attributes", "raised"),
    [
        ({}, Permanent),
        ({"envelope_version": "2"}, Transient),
        ({"envelope_version": "1", "encoding": "s3"}, Transient),
        ({"envelope_version": "1", "encoding": "base64"}, Permanent),
    ],
)
def test_a_message_that_is_no_envelope(attributes: dict[str, str], raised: type[Exception]) -> None:
    """What is newer than this code may be read by the next; what is no envelope never will be."""
    case = shipped()
    record = {"body": "{}", "messageAttributes": {name: {"stringValue": value} for name, value in attributes.items()}}
    with pytest.raises(raised, match="envelope"):
        case.processor.process(record)
    assert case.line["message"] == "retry"


def test_a_message_without_attributes_or_body_is_not_a_crash() -> None:
    """Whatever is in the queue ends as a decision."""
    with pytest.raises(Permanent, match="envelope"):
        shipped().processor.process({"body": "x", "messageAttributes": None})
    with pytest.raises(Transient, match="unknown"):
        shipped().processor.process({"body": "x", "messageAttributes": {"a": None}})
