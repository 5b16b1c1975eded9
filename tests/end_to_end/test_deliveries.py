"""No event is lost or delivered twice on the emulator: equal events, a broken target, large and odd bodies."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ingest.envelope import Envelope
from scripts.cli.signals import Interrupts
from scripts.local.observe import Subscriptions, subscribed
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_events import fresh, pod, pod_input, some_day
from tests.samples import STAGES, body_of

pytestmark = pytest.mark.full  # waits for retries of SQS

FAN_OUT = f"""{STAGES}
topics: [loan-created, loan-lost]
state_machines: {{pod: {{definition: state-machines/pod.asl.json}}}}
routes:
  - name: both
    when: {{action: [LOAN]}}
    deliver: [{{topic: loan-created}}, {{topic: loan-lost}}, {{state_machine: pod, input: {{loan: "{{{{ id }}}}"}}}}]
"""


def at_once(count: int, stack: Stack, *bodies: bytes) -> list[str]:
    """Post `count` requests with these bodies in turn, all at once, and return the receipt ids."""
    together, receipts = threading.Barrier(count), list[str]()

    def post_one(number: int) -> None:
        together.wait()
        receipts.append(stack.accepted(bodies[number % len(bodies)]))

    threads = [threading.Thread(target=post_one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return receipts


def test_f25_eight_equal_posts_at_once_are_delivered_once(stack: Stack) -> None:
    """Eight equal posts get eight receipt ids, one delivery and seven duplicates."""
    body = fresh(body_of("loan-created"))
    receipts = at_once(8, stack, body)
    assert len(set(receipts)) == 8
    outcomes = {receipt_id: stack.outcome(receipt_id)["outcome"] for receipt_id in receipts}
    assert sorted(outcomes.values()) == ["delivered"] + ["duplicate"] * 7
    [delivered] = [receipt_id for receipt_id, outcome in outcomes.items() if outcome == "delivered"]
    assert stack.sightings(delivered)[0].body == body
    stack.drain()
    assert [seen.body for seen in stack.subscriptions.sightings].count(body) == 1


def test_f26_one_job_with_different_white_space_starts_one_execution(stack: Stack) -> None:
    """A job whose second body differs in white space is a duplicate, and the log shows that the bodies differ."""
    day = some_day()
    body = pod(stack.scope.stage, end_time=f"{day}")
    receipts = at_once(2, stack, body, json.dumps(json.loads(body), indent=4).encode())
    lines = [stack.outcome(receipt_id) for receipt_id in receipts]
    assert sorted(line["outcome"] for line in lines) == ["delivered", "duplicate"]
    [duplicate] = [line for line in lines if line["outcome"] == "duplicate"]
    assert duplicate["deliveries"][0]["body_differs"] is True
    assert eventually(lambda: list(stack.executions().values()).count(pod_input(day))) == 1  # listed a little late


def test_f25_two_loans_with_equal_id_and_time_are_both_delivered(stack: Stack) -> None:
    """Two loans with the same id and time are different events, because only the whole body identifies a loan."""
    first = fresh(body_of("loan-created"))
    second = first.replace(b"invented", b"imagined")
    assert (json.loads(first)["id"], json.loads(first)["time"]) == (
        json.loads(second)["id"],
        json.loads(second)["time"],
    )
    assert first != second
    receipts = [stack.accepted(body) for body in (first, second)]
    assert [stack.outcome(receipt_id)["outcome"] for receipt_id in receipts] == ["delivered", "delivered"]
    assert [stack.sightings(receipt_id)[0].body for receipt_id in receipts] == [first, second]


@pytest.fixture(scope="module")
def fan_out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a stack whose only route has three targets."""
    folder = tmp_path_factory.mktemp("run")
    project = ProjectFolder.create(folder / "project", FAN_OUT)
    with Running(folder, "--port", "0", "--no-samples", f"--project={project.path}") as run, watched(run) as stack:
        yield stack


def replay(stack: Stack, dead_letter: dict[str, Any]) -> None:
    """Put a dead letter back on the webhook queue, without its failure."""
    stack.aws.sqs.send_message(
        QueueUrl=stack.facts["queue_url"],
        MessageBody=dead_letter["body"],
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value}
            for name, value in dead_letter["attributes"].items()
            if name != "failure"
        },
    )


def drain(subscriptions: Subscriptions, seconds: float = 20.0) -> None:
    """Receive all messages that have arrived so far."""
    eventually(lambda: subscriptions.receive(1) == 0, seconds)


def seen_at(subscriptions: Subscriptions, topic: str, receipt_id: str) -> int:
    """Return how many messages with this receipt id have arrived from the topic."""
    drain(subscriptions)
    return [(seen.topic, seen.receipt_id) for seen in subscriptions.sightings].count((topic, receipt_id))


def test_f28_a_broken_target_does_not_affect_others_and_is_served_once_after_its_fix(fan_out: Stack) -> None:
    """The dead letter names the broken target; after its fix and two replays, each target has the event once."""
    aws, topics = fan_out.aws, fan_out.facts["topics"]
    aws.sns.delete_topic(TopicArn=topics["loan-lost"])
    receipt_id = fan_out.accepted(fresh(body_of("loan-created")))
    line = fan_out.outcome(receipt_id)
    assert line["outcome"] == "dead"
    dead_letter = fan_out.dead_letter(receipt_id)
    failure = json.loads(dead_letter["attributes"]["failure"])
    assert (failure["class"], failure["route"], failure["target"]) == ("refused", "both", "topic:loan-lost")
    assert failure["attempts"] == 1
    assert eventually(lambda: seen_at(fan_out.subscriptions, "loan-created", receipt_id)) == 1
    assert len(fan_out.executions()) == 1

    aws.sns.create_topic(Name=topics["loan-lost"].rpartition(":")[2])
    with subscribed(aws, {"loan-lost": topics["loan-lost"]}, Interrupts()) as fixed:
        for outcome in ("delivered", "duplicate"):
            del fan_out.log.outcomes[receipt_id]
            replay(fan_out, dead_letter)
            assert fan_out.outcome(receipt_id)["outcome"] == outcome
        assert eventually(lambda: seen_at(fixed, "loan-lost", receipt_id)) == 1
    assert seen_at(fan_out.subscriptions, "loan-created", receipt_id) == 1
    assert len(fan_out.executions()) == 1


@pytest.mark.parametrize("size", [300_000, 4 * 1024 * 1024], ids=["300 KB", "4 MB"])
def test_f11_a_large_body_arrives_as_a_pointer(size: int, stack: Stack) -> None:
    """A body that is too large for SNS is delivered as a pointer to its exact bytes in the bucket."""
    padding = b" " * (size - len(body_of("bib-updated")))
    body = fresh(body_of("bib-updated")) + padding
    receipt_id = stack.accepted(body)
    assert stack.outcome(receipt_id)["outcome"] == "delivered"
    [seen] = stack.sightings(receipt_id)
    assert (seen.topic, seen.attributes["encoding"]) == ("bib-updated", "s3")
    assert seen.attributes["ExtendedPayloadSize"] == str(len(body))
    assert stack.stored(seen.body.decode()) == body


def test_f30_a_state_machine_input_that_is_too_large_becomes_a_dead_letter(fan_out: Stack) -> None:
    """An input that is too large becomes a dead letter at once, and the topics have the event."""
    loan = json.loads(body_of("loan-created"))
    body = json.dumps({**loan, "id": "7" * 300_000}).encode()
    receipt_id = fan_out.accepted(body)
    assert fan_out.outcome(receipt_id)["receives"] == 1
    failure = json.loads(fan_out.dead_letter(receipt_id)["attributes"]["failure"])
    place = "deliver[2].input"
    assert (failure["class"], failure["target"], failure["field"]) == ("too-large", "state_machine:pod", place)
    assert "Step Functions accepts 262144" in failure["reason"]
    assert eventually(lambda: seen_at(fan_out.subscriptions, "loan-created", receipt_id)) == 1


def test_f16_json_that_sqs_rejects_as_text_arrives_exactly(stack: Stack) -> None:
    """A body with U+FFFE, which is valid JSON, arrives unchanged as Base64."""
    body = fresh(body_of("loan-renewed")).replace(b"{", '{"note":"\ufffe",'.encode(), 1)
    receipt_id = stack.accepted(body)
    [seen] = stack.sightings(receipt_id)
    assert (seen.body, seen.attributes["encoding"]) == (body, "base64")


@pytest.mark.parametrize(
    "body",
    [b'{"action":"LOAN","note":"a\x00b"}', b'{"action":"LOAN","note":"\\ud800"}', b"\xed\xa0\x80\x00"],
    ids=["NUL", "half a surrogate pair, escaped", "half a surrogate pair, in bytes"],
)
def test_f16_an_invalid_body_becomes_a_dead_letter_with_its_exact_bytes(body: bytes, stack: Stack) -> None:
    """An invalid body becomes a dead letter at the first attempt, with its exact bytes and its cause."""
    receipt_id = stack.accepted(body, "application/octet-stream")
    assert stack.outcome(receipt_id)["outcome"] == "dead"
    dead_letter = stack.dead_letter(receipt_id)
    envelope = Envelope.decode(dead_letter["body"], dead_letter["attributes"])
    assert envelope.body == body
    assert envelope.failure is not None
    assert (envelope.failure["class"], envelope.failure["attempts"]) == ("not-parsed", 1)
