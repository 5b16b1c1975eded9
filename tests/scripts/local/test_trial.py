"""The trial believes its own eyes only: what counts as seen, and what is called wrong."""

import json
import time
from typing import Any, cast

import pytest
from botocore.stub import Stubber

from scripts.alma_client.sample_entries import Expectation, ExpectedDelivery
from scripts.alma_client.samples import Sample
from scripts.aws.clients import Aws
from scripts.local.observe import OutcomeLog, Sighting, Subscriptions
from scripts.local.trial import SampleResult, Trial
from tests.scripts.local.loopback import Server, serving

RECEIPT = "r-1"
ARN = "arn:aws:states:us-east-1:000000000000:execution:stack-pod:pod-1"
BODY = b'{"action": "LOAN", "event": {"value": "LOAN_LOST"}}'


def expected_at(route: str, target: str, content: Any = None) -> ExpectedDelivery:
    return ExpectedDelivery(route=route, target=target, input=content)


def delivered(*deliveries: ExpectedDelivery) -> Expectation:
    return Expectation(outcome="delivered", deliveries=[*deliveries])


LOAN = Sample("loan", BODY, delivered(expected_at("loans", "topic:loan-lost")))
STARTED_POD = expected_at("pod", "state_machine:pod", {"a": "b"})
POD = Sample("pod", b'{"action": "JOB_END"}', delivered(STARTED_POD))
IGNORED = Sample("ignored", b'{"action": "JOB_END"}', Expectation(outcome="ignored"))


class FakeSubscriptions:
    """Sightings that a test sets."""

    def __init__(self, *sightings: Sighting) -> None:
        self.sightings = list(sightings)

    def receive(self, wait_seconds: int = 0) -> None:
        """Nothing more comes."""


class FakeLog:
    """Holds one outcome line, or none."""

    def __init__(self, line: dict[str, Any] | None) -> None:
        self.outcomes = {RECEIPT: line} if line else {}

    def insist(self) -> list[dict[str, Any]]:
        """Nothing new comes."""
        return []


def seen(topic: str, body: bytes = BODY) -> Sighting:
    return Sighting(RECEIPT, topic, body, time.monotonic() + 1, {}, 0.0, "m1")


def line(event_outcome: str, **delivery: str) -> dict[str, Any]:
    return {"outcome": event_outcome, "deliveries": [delivery] if delivery else []}


DELIVERED = line("delivered", route="loans", target="topic:loan-lost", outcome="delivered")
STARTED = line("delivered", route="pod", target="state_machine:pod", outcome="delivered", execution=ARN)


def trial(server: Server, found: dict[str, Any] | None, *sightings: Sighting, aws: Aws | None = None) -> Trial:
    clients = aws or Aws.local("http://127.0.0.1:9", "us-east-1")
    subscriptions, log = FakeSubscriptions(*sightings), FakeLog(found)
    return Trial(
        clients, cast("Subscriptions", subscriptions), cast("OutcomeLog", log), server.url, "secret", seconds=0
    )


def row(sample: Sample, found: dict[str, Any] | None, *sightings: Sighting, aws: Aws | None = None) -> SampleResult:
    with serving(200, json.dumps({"receipt_id": RECEIPT}).encode()) as server:
        [result] = trial(server, found, *sightings, aws=aws).rows([sample])
    return result


def test_a_message_seen_with_every_byte_is_as_expected() -> None:
    """Route, target and outcome from the processor's line, the time from the sighting."""
    result = row(LOAN, DELIVERED, seen("loan-lost"))
    assert result[:5] == ("loan", "json", "loans", "topic:loan-lost", "delivered")
    assert result.wrong == ""
    assert result.milliseconds is not None


@pytest.mark.parametrize(
    "sighting", [seen("loan-lost", BODY + b" "), seen("other"), seen("loan-lost")._replace(receipt_id="r")]
)
def test_other_bytes_another_topic_or_another_receipt_are_not_it(sighting: Sighting) -> None:
    """The processor's word that it was delivered is not enough."""
    result = row(LOAN, DELIVERED, sighting)
    assert (result.milliseconds, result.wrong) == (
        None,
        "timed out before the expected content was seen at topic:loan-lost",
    )


@pytest.mark.parametrize(
    ("expected", "message", "is_expected"),
    [
        (None, b"anything", True),
        ("7 is lost", b"7 is lost", True),
        ({"id": 7}, b'{"id": 7}', True),
        ({"id": 7}, b'{"id": 8}', False),
        ({"id": True}, b'{"id": 1}', False),
        ("7 is lost", b"\xff", False),
    ],
)
def test_an_own_message_is_compared_with_the_expected_one(expected: Any, message: bytes, *, is_expected: bool) -> None:
    """It need not be the body, and without an expectation any message counts."""
    sample = LOAN._replace(expect=delivered(expected_at("loans", "topic:loan-lost", expected)))
    with serving(200, json.dumps({"receipt_id": RECEIPT}).encode()) as server:
        each = trial(server, DELIVERED, seen("loan-lost", message))._replace(
            own_messages={("loans", "topic:loan-lost")}
        )
        [result] = each.rows([sample])
    assert (result.wrong == "") is is_expected


def test_a_body_beside_an_own_message_of_its_route_is_compared_with_every_byte() -> None:
    """Only the other target of the route gets an own message."""
    with serving(200, json.dumps({"receipt_id": RECEIPT}).encode()) as server:
        each = trial(server, DELIVERED, seen("loan-lost", b"other"))._replace(own_messages={("loans", "topic:other")})
        [result] = each.rows([LOAN])
    assert result.wrong.startswith("timed out before the expected content was seen")


def test_without_the_outcome_line_it_is_not_through() -> None:
    """A message alone is not enough either."""
    assert row(LOAN, None, seen("loan-lost")).wrong == "expected the outcome delivered"


def test_another_route_is_wrong() -> None:
    """The right topic by the wrong route is a mistake in the routes."""
    found = line("delivered", route="other", target="topic:loan-lost", outcome="delivered")
    assert row(LOAN, found, seen("loan-lost")).wrong == "expected the route loans to topic:loan-lost"


TWO = expected_at("copies", "topic:other")
SEVERAL = Sample("several", BODY, delivered(*LOAN.expect.deliveries, TWO))
BOTH: dict[str, Any] = {
    "outcome": "delivered",
    "deliveries": [{"route": "copies", "target": "topic:other"}, *DELIVERED["deliveries"]],
}


def test_several_deliveries_are_all_looked_for() -> None:
    """In any order; the time is that of the last one."""
    first, last = seen("other"), seen("loan-lost")._replace(at=time.monotonic() + 50)
    result = row(SEVERAL, BOTH, first, last)
    assert (result.wrong, result.route) == ("", "copies, loans")
    assert (result.milliseconds or 0) > 40_000
    assert row(SEVERAL, BOTH, first).wrong.startswith("timed out before the expected content was seen at ")
    wrong = "expected the route loans to topic:loan-lost, the route copies to topic:other"
    assert row(SEVERAL, DELIVERED, first, last).wrong == wrong


def test_a_target_that_cannot_be_looked_at_is_believed() -> None:
    """Of a message on a queue there is the outcome line alone."""
    expected = delivered(expected_at("q", "queue:arn"))
    result = row(Sample("queued", BODY, expected), line("delivered", route="q", target="queue:arn"))
    assert (result.wrong, result.milliseconds is None) == ("", False)


def test_a_cold_start_on_the_way_is_noted() -> None:
    """A worker of a function started between the POST and the arrival."""
    counts = iter([3, 4, 4, 4])
    with serving(200, json.dumps({"receipt_id": RECEIPT}).encode()) as server:
        each = trial(server, DELIVERED, seen("loan-lost"))._replace(cold_starts=lambda: next(counts))
        [cold], [warm] = list(each.rows([LOAN])), list(each.rows([LOAN]))
    assert (cold.met_cold_start, warm.met_cold_start) == (True, False)


def test_an_ignored_event_is_ignored_by_its_line() -> None:
    """No route, no target, and the time until the line was read."""
    result = row(IGNORED, line("ignored"))
    assert result[:5] == ("ignored", "json", "", "", "ignored")
    assert (result.wrong, result.milliseconds is None) == ("", False)


@pytest.mark.parametrize(
    ("expected", "given", "wrong"),
    [
        ({"a": "b"}, '{"a": "b"}', ""),
        ({"a": "b"}, '{"a": "b", "c": 1}', "timed out before the expected content"),
        ({"a": True}, '{"a": 1}', "timed out before the expected content"),
    ],
)
def test_an_execution_counts_with_exactly_its_input(expected: Any, given: str, wrong: str) -> None:
    """Step Functions itself is asked for it, and it is compared as JSON, where 1 is not true."""
    sample = POD._replace(expect=delivered(expected_at("pod", "state_machine:pod", expected)))
    aws = Aws.local("http://127.0.0.1:9", "us-east-1")
    described = {"executionArn": ARN, "stateMachineArn": ARN, "status": "RUNNING", "startDate": 0, "input": given}
    with Stubber(aws.states) as stub:
        stub.add_response("describe_execution", described, {"executionArn": ARN})
        assert (found := row(sample, STARTED, aws=aws).wrong).startswith(wrong)
        assert bool(found) is bool(wrong)


def test_an_execution_that_does_not_exist_does_not_count() -> None:
    """The line names one, and Step Functions has none."""
    aws = Aws.local("http://127.0.0.1:9", "us-east-1")
    with Stubber(aws.states) as stub:
        stub.add_client_error("describe_execution", "ExecutionDoesNotExist")
        assert row(POD, STARTED, aws=aws).milliseconds is None


def test_a_refused_sample_is_a_row_of_its_own() -> None:
    """With the pipeline's sentence, and without a receipt id."""
    with serving(503, b'{"error":"There is no secret."}') as server:
        [result] = trial(server, None).rows([LOAN])
    assert (result.outcome, result.wrong) == ("rejected", "response 503: There is no secret.")


def test_a_message_at_a_second_topic_is_a_stray() -> None:
    """Looked for at the end, when nothing more should come; a row that is wrong already stays as it is."""
    good, bad = row(LOAN, DELIVERED, seen("loan-lost")), row(LOAN, None)
    with serving() as server:
        clean = trial(server, DELIVERED, seen("loan-lost"))
        astray = trial(server, DELIVERED, seen("loan-lost"), seen("other"))
    assert clean.strays([good, bad]) == [good, bad]
    assert [each.wrong for each in astray.strays([good, bad])] == [
        "also seen at topic:loan-lost, topic:other",
        "expected the outcome delivered",
    ]
