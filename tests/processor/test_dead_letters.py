"""Dead letters: the original message with its cause."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from ingest.envelope import Envelope
from processor.dead_letters import DeadLetterWriter
from processor.errors import Failure, Permanent, Transient
from tests.processor.fake_dead_letters import FakeDeadLetters
from tests.samples import envelope_of, record_of

pytestmark = pytest.mark.usefixtures("aws")

MOMENT = 1_780_000_000.5
FAILURE = Permanent("template", "a field is missing", route="pod", target="state_machine:pod", field="let.run_type")

Put = Callable[..., dict[str, Any]]


@pytest.fixture
def put() -> Put:
    """Puts a dead letter on a queue by moto, and receives it."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]

    def act(record: dict[str, Any], *failures: Failure) -> dict[str, Any]:
        DeadLetterWriter(sqs, url, lambda: MOMENT).put(record, failures, attempts=3)
        [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
        attributes = message.get("MessageAttributes", {})
        return {"body": message["Body"]} | {name: value["StringValue"] for name, value in attributes.items()}

    return act


def moto(*, refuses: bool) -> tuple[DeadLetterWriter, Callable[[], list[str]]]:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    if refuses:
        sqs.delete_queue(QueueUrl=url)

    def received() -> list[str]:
        return [message["Body"] for message in sqs.receive_message(QueueUrl=url)["Messages"]]

    return DeadLetterWriter(sqs, url, lambda: MOMENT), received


def fake(*, refuses: bool) -> tuple[DeadLetterWriter, Callable[[], list[str]]]:
    writer = FakeDeadLetters(refuses=refuses)
    return writer, lambda: [body for body, _, _ in writer.kept]


@pytest.mark.parametrize("make", [fake, moto])
def test_the_contract_of_dead_letters(make: Callable[..., tuple[DeadLetterWriter, Callable[[], list[str]]]]) -> None:
    """A dead letter is on its queue when `put` returns; if AWS refuses it, the failure is transient."""
    writer, bodies = make(refuses=False)
    writer.put(record_of(envelope_of(b"{}")), [FAILURE], attempts=1)
    assert bodies() == ["{}"]
    with pytest.raises(Transient, match="the dead-letter queue returned "):
        make(refuses=True)[0].put(record_of(envelope_of(b"{}")), [FAILURE], attempts=1)


@pytest.mark.parametrize("body", [b'{"progress":209.0}', b"a\x00b", b"\xed\xa0\x80", '{"a":"\ufffe"}'.encode()])
def test_f29_a_dead_letter_is_the_envelope_with_its_failure(body: bytes, put: Put) -> None:
    """Body, encoding and attributes are unchanged; the failure has all known members."""
    envelope = envelope_of(body, content_type="application/json", signature="eA==")
    dead_letter = put(record_of(envelope), FAILURE)
    decoded = Envelope.decode(dead_letter.pop("body"), dead_letter)
    assert decoded.failure == {
        "class": "template",
        "reason": "a field is missing",
        "route": "pod",
        "target": "state_machine:pod",
        "field": "let.run_type",
        "attempts": 3,
        "at": "2026-05-28T20:26:40.500Z",
    }
    assert decoded._replace(failure=None) == envelope


@pytest.mark.parametrize(("group", "sent"), [("alma.LOAN", "alma.LOAN"), ("not accepted", None), (None, None)])
def test_f75_a_dead_letter_keeps_its_group(group: str | None, sent: str | None) -> None:
    """One that AWS would not accept is left out, because the dead letter matters more."""
    record = record_of(envelope_of(b"{}"))
    record["attributes"] |= {"MessageGroupId": group} if group else {}
    sqs = boto3.client("sqs")
    parameters = {"QueueUrl": "https://q", "MessageBody": "{}", "MessageAttributes": ANY}
    with Stubber(sqs) as stub:
        stub.add_response("send_message", {}, {**parameters, **({"MessageGroupId": sent} if sent else {})})
        DeadLetterWriter(sqs, "https://q", lambda: MOMENT).put(record, [FAILURE], attempts=1)
        stub.assert_no_pending_responses()


def test_a_repeated_failure_replaces_the_cause(put: Put) -> None:
    """A dead letter has its latest cause, and keeps the attributes of its replay."""
    old = envelope_of(b"{}", failure={"class": "unknown", "reason": "old"}, replay={"id": "r1", "count": 1})
    dead_letter = put(record_of(old), FAILURE)
    assert json.loads(dead_letter["failure"])["reason"] == "a field is missing"
    assert json.loads(dead_letter["replay"]) == {"id": "r1", "count": 1}


def test_a_reason_is_at_most_a_kibibyte(put: Put) -> None:
    """A reason is cut in bytes, between characters."""
    dead_letter = put(record_of(envelope_of(b"{}")), Permanent("refused", "é" * 9000))
    reason = json.loads(dead_letter["failure"])["reason"]
    assert reason == "é" * 512


def test_a_message_without_an_envelope_becomes_a_dead_letter(put: Put) -> None:
    """Any message keeps its body and as many attributes as fit beside its cause; SQS accepts ten."""
    strange = {f"a{number}": {"stringValue": "x", "dataType": "String"} for number in range(10)}
    more = {"b": {"binaryValue": "AA=="}, "receipt_id": {"stringValue": "receipt-1", "dataType": "String"}}
    dead_letter = put({"body": "nonsense", "messageAttributes": strange | more}, FAILURE)
    assert dead_letter["body"] == "nonsense"
    assert len(dead_letter) == 1 + 10
    assert dead_letter["receipt_id"] == "receipt-1"
    assert json.loads(dead_letter["failure"])["class"] == "template"
    assert put({"body": "nonsense", "messageAttributes": None}, FAILURE)["body"] == "nonsense"


def test_f69_further_failures_are_in_the_cause_without_their_reasons(put: Put) -> None:
    """As far as a kilobyte has room; without them the cause is as before."""
    other = Permanent("refused", "AWS returned NotFound", route="loans", target="topic:loans")
    found = json.loads(put(record_of(envelope_of(b"{}")), FAILURE, other, other)["failure"])
    assert found["class"] == "template"
    assert found["others"] == [{"class": "refused", "route": "loans", "target": "topic:loans"}] * 2
    many = json.loads(put(record_of(envelope_of(b"{}")), FAILURE, *([other] * 100))["failure"])["others"]
    assert 10 < len(many) < 100
    assert sum(len(json.dumps(each)) for each in many) <= 1024
    assert "others" not in json.loads(put(record_of(envelope_of(b"{}")), FAILURE)["failure"])


@pytest.mark.parametrize("count", [0, 1, 100])
def test_f69_failures_without_room_are_counted_and_those_that_aws_refused_come_first(put: Put, count: int) -> None:
    """Otherwise both are in the order of the routes."""
    broken = [Permanent("template", "a field is missing", route=f"b{number}" + "x" * 100) for number in range(count)]
    refused = [Permanent("refused", "AWS returned NotFound", route=name) for name in ("y", "a")]
    found = json.loads(put(record_of(envelope_of(b"{}")), FAILURE, *broken, *refused)["failure"])
    written = found["others"]
    assert [each["route"] for each in written[:2]] == ["y", "a"]
    assert [each["route"] for each in written[2:]] == [each.route for each in broken[: len(written) - 2]]
    assert found.get("others_omitted", 0) == count + 2 - len(written)
    assert ("others_omitted" in found) == (count == 100)


def test_f69_a_failure_that_has_no_room_is_counted(put: Put) -> None:
    """Even the only one."""
    other = Permanent("refused", "AWS returned NotFound", route="a" * 1024)
    found = json.loads(put(record_of(envelope_of(b"{}")), FAILURE, other)["failure"])
    assert (found["others"], found["others_omitted"]) == ([], 1)


def test_a_dead_letter_that_cannot_be_sent_is_transient() -> None:
    """The message is retried, or it would be lost; the text of AWS is not repeated."""
    sqs = boto3.client("sqs")
    with Stubber(sqs) as stub:
        stub.add_client_error("send_message", "KmsDisabled", "patron-4711")
        with pytest.raises(Transient, match="the dead-letter queue returned KmsDisabled") as failed:
            DeadLetterWriter(sqs, "https://q", lambda: MOMENT).put(record_of(envelope_of(b"{}")), [FAILURE], attempts=1)
    assert "patron" not in str(failed.value)
