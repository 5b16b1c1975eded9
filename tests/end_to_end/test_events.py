"""Events through the whole pipeline on the local engine: from the signed POST to SNS and Step Functions."""

import json
import secrets
import threading
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from scripts.local.posting import signature
from tests.end_to_end.conftest import Stack
from tests.end_to_end.running import eventually
from tests.samples import body_of, job_end


def fresh(body: bytes) -> bytes:
    """The same event under an id that no other test has used, changed in the bytes alone."""
    old: str = json.loads(body)["id"]
    return body.replace(old.encode(), str(secrets.randbelow(9 * 10**15) + 10**15).encode())


def pod(**changes: Any) -> bytes:
    return fresh(job_end(**changes))


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        (b'{"id":"1000000000000001","action":"LOAN","event":{"value":"LOAN_LOST"},"progress":209.0}', "loan-lost"),
        (body_of("loan-due-date"), "loan-due-date"),
        (body_of("loan-lost"), "loan-lost"),
        (b'{ "id" : "1000000000000002" ,\r\n "action":"loan", "event":{"value":"LOAN_RENEWED"}, '
         + '"title": "Žluťoučký kůň \\u00e9 日本 🐎"}\n'.encode(), "loan-renewed"),
    ],
    ids=["progress-209.0", "non-ascii", "pretty-printed", "escapes-and-spaces"],
)  # fmt: skip
def test_a_loan_arrives_at_its_topic_byte_for_byte(body: bytes, topic: str, stack: Stack) -> None:
    """Nothing re-serialises the body on its way; the attributes say what it is."""
    body = fresh(body)
    receipt_id = stack.accepted(body)
    [seen] = stack.sightings(receipt_id)
    assert (seen.topic, seen.body) == (topic, body)
    named = {name: seen.attributes[name] for name in ("action", "event", "profile", "encoding", "receipt_id")}
    assert named == {
        "action": "LOAN",
        "event": topic.upper().replace("-", "_"),
        "profile": "alma",
        "encoding": "utf-8",
        "receipt_id": receipt_id,
    }
    line = stack.outcome(receipt_id)
    assert (line["outcome"], line["identity"]) == ("delivered", seen.attributes["identity"])


def test_an_unknown_event_goes_to_the_topic_other(stack: Stack) -> None:
    """What Alma invents next is kept, not refused."""
    body = fresh(b'{"id":"1000000000000003","action":"PORTFOLIO","event":{"value":"PORTFOLIO_CREATED"},"portfolio":{}}')
    [seen] = stack.sightings(stack.accepted(body))
    assert (seen.topic, seen.body, seen.attributes["action"]) == ("other", body, "PORTFOLIO")


@pytest.mark.parametrize("bit", [0, -1], ids=["first byte", "last byte"])
def test_a_flipped_bit_is_refused_and_nothing_is_queued(bit: int, stack: Stack) -> None:
    """401, and the event after it is the only one that comes out."""
    body = bytearray(fresh(body_of("loan-created")))
    signed = signature(bytes(body), secret=stack.facts["secret"])
    before = stack.settled()
    body[bit] ^= 1
    reply = stack.send(bytes(body), signed=signed)
    assert (reply.status, reply.receipt_id) == (401, None)
    assert stack.settled() == before
    stack.outcome(stack.accepted(fresh(body_of("loan-created"))))
    assert bytes(body) not in [seen.body for seen in stack.subscriptions.sightings]


def test_alma_can_activate_the_profile(stack: Stack) -> None:
    """The challenge comes back as Alma wants it."""
    parts = urlsplit(stack.facts["webhook_url"])
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    connection.request("GET", parts.path + "?challenge=a%20b%2B")
    response = connection.getresponse()
    answer = (response.status, response.getheader("content-type"), json.loads(response.read()))
    connection.close()
    assert answer == (200, "application/json", {"challenge": "a b+"})


def test_bytes_that_are_no_text_are_accepted_and_kept(stack: Stack) -> None:
    """The signature holds, so they are Alma's; that nobody can read them is for a dead letter to say, not for a 4XX."""
    receipt_id = stack.accepted(b'{"action":"LOAN","broken":"\xff\xfe"}', "application/octet-stream")
    assert stack.outcome(receipt_id)["outcome"] == "dead"


def test_five_equal_posts_at_once_start_one_execution(stack: Stack) -> None:
    """Every one is accepted, one execution runs, and its input is exactly the workflow's."""
    body, before = pod(end_time="2026-05-14T02:41:10.122Z"), set(stack.executions())
    together, receipts = threading.Barrier(5), list[str]()

    def post_one() -> None:
        together.wait()
        receipts.append(stack.accepted(body))

    threads = [threading.Thread(target=post_one) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(receipts)) == 5
    outcomes = [stack.outcome(receipt_id)["outcome"] for receipt_id in receipts]
    assert set(outcomes) <= {"delivered", "duplicate"}
    assert "delivered" in outcomes
    new = {arn: given for arn, given in stack.executions().items() if arn not in before}
    assert list(new.values()) == [{"filename-prefix": "exlibris/pod/POD_ALMA_EXPORT_20260514"}]


def test_the_execution_ends_well(stack: Stack) -> None:
    """The stack's own workflow accepts the input that the route makes, from a date alone too."""
    line = stack.outcome(stack.accepted(pod(end_time="2026-05-15")))
    [delivery] = line["deliveries"]
    described = eventually(
        lambda: next(
            (
                found
                for found in [stack.aws.states.describe_execution(executionArn=delivery["execution"])]
                if found["status"] != "RUNNING"
            ),
            None,
        )
    )
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["input"]) == {"filename-prefix": "exlibris/pod/POD_ALMA_EXPORT_20260515"}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Publishing Platform Job PPOD EXPORT to MProd"},
        {"status": {"value": "COMPLETED_FAILED"}},
        {"counter": None},
    ],
    ids=["another stage's job", "with errors", "nothing exported"],
)
def test_a_job_that_is_not_ours_starts_nothing(changes: dict[str, Any], stack: Stack) -> None:
    """Answered 200, logged as ignored, seen nowhere."""
    before = set(stack.executions())
    receipt_id = stack.accepted(pod(**changes))
    line = stack.outcome(receipt_id)
    assert (line["outcome"], line["deliveries"]) == ("ignored", [])
    assert set(stack.executions()) == before
    stack.subscriptions.receive()
    assert receipt_id not in [seen.receipt_id for seen in stack.subscriptions.sightings]
