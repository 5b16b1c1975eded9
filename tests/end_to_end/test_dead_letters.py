"""Dead letters on the emulator: permanent failures at once, transient ones on the last receive, with their cause."""

import json
from collections.abc import Iterator

import pytest

from ingest.envelope import Envelope
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_events import pod
from tests.processor.alma.test_xml_body import BILLION_LAUGHS, XXE
from tests.samples import envelope_of

HOSTILE = {
    "billion laughs": BILLION_LAUGHS.encode(),
    "an outside entity": XXE.encode(),
    "too deep": b"[" * 100_000,
    "a gzip bomb": b"\x1f\x8b\x08" + b"\x00" * 5000,
    "no object": b"[1, 2, 3]",
    "NaN": b'{"action":"LOAN","progress":NaN}',
    "a huge integer": b'{"action":"LOAN","n":' + b"9" * 5000 + b"}",
    "a member twice": b'{"action":"LOAN","action":"JOB_END"}',
}


@pytest.fixture(scope="module")
def with_two_receives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a stack that makes an event a dead letter after two attempts, with a delay that suits busy machines."""
    parameters = ("--parameter=VisibilityTimeout=10", "--parameter=MaxReceiveCount=2")
    arguments = ("--port", "0", "--no-samples", *parameters)
    with Running(tmp_path_factory.mktemp("run"), *arguments) as run, watched(run) as stack:
        yield stack


def test_f29_hostile_bodies_become_dead_letters_and_others_flow(stack: Stack) -> None:
    """A hostile body is accepted and becomes a dead letter with its exact bytes and a reason; others are delivered."""
    receipts = {stack.accepted(body, "application/octet-stream"): body for body in HOSTILE.values()}
    good = stack.accepted(pod(stack.scope.stage))
    assert stack.outcome(good)["outcome"] == "delivered"
    for receipt_id, body in receipts.items():
        dead_letter = stack.dead_letter(receipt_id)
        envelope = Envelope.decode(dead_letter["body"], dead_letter["attributes"])
        assert envelope.body == body
        assert envelope.failure is not None
        assert (envelope.failure["class"], envelope.failure["attempts"]) == ("not-parsed", 1)
        assert stack.outcome(receipt_id)["failure"]["reason"] == envelope.failure["reason"]


def test_f30_a_transient_failure_is_retried_until_its_last_receive(with_two_receives: Stack) -> None:
    """An envelope of a newer version is retried, and becomes a dead letter with this cause after the last attempt."""
    message = envelope_of(b'{"action":"LOAN"}')._replace(receipt_id="from-the-future").encode()
    with_two_receives.aws.sqs.send_message(
        QueueUrl=with_two_receives.facts["queue_url"],
        MessageBody=message.body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value}
            for name, value in (message.attributes | {"envelope_version": "2"}).items()
        },
    )
    lines: list[tuple[str, int]] = []

    def is_finished() -> bool:
        lines.extend((line["message"], line["receives"]) for line in with_two_receives.log.read())
        return ("outcome", 2) in lines

    assert eventually(is_finished, seconds=90)
    assert lines == [("retry", 1), ("outcome", 2)]
    failure = json.loads(with_two_receives.dead_letter("from-the-future")["attributes"]["failure"])
    assert (failure["class"], failure["attempts"]) == ("envelope", 2)
