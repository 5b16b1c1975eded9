"""Events through the whole pipeline on the emulator: from the signed POST to SNS and Step Functions."""

import json
import secrets
import threading
from datetime import date, timedelta
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from scripts.alma_client.client import signature
from scripts.routes.check import ROUTES
from tests.end_to_end.running import eventually
from tests.end_to_end.stack import Stack
from tests.samples import body_of, job_end

# The name of a job contains the marker of its stage: see the routes.
MARKERS: dict[str, dict[str, str]] = yaml.safe_load(ROUTES.read_text("utf-8"))["stages"]


def fresh(body: bytes) -> bytes:
    """Return the event with a new id, replaced in the bytes."""
    old: str = json.loads(body)["id"]
    return body.replace(old.encode(), str(secrets.randbelow(9 * 10**15) + 10**15).encode())


def pod(stage: str = "dev", **changes: Any) -> bytes:
    """Return the end of a job for the state machine pod, with the marker of the stage in its name."""
    marker = MARKERS[stage]["marker"]
    return fresh(job_end(**{"name": f"Publishing Platform Job PPOD EXPORT to {marker}", **changes}))


def pod_input(day: date) -> dict[str, str]:
    """Return the input of the state machine pod for a job that ended on this day."""
    return {"filename-prefix": f"exlibris/pod/POD_ALMA_EXPORT_{day:%Y%m%d}"}


def some_day() -> date:
    """Return a random day in the far future, so that the input of an execution is unique."""
    return date(3000, 1, 1) + timedelta(days=secrets.randbelow(2_000_000))


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
    """The message at the topic has the exact bytes of the body, and attributes that describe it."""
    body = fresh(body)
    receipt_id = stack.accepted(body)
    [seen] = stack.sightings(receipt_id)
    assert (seen.topic, seen.body) == (topic, body)
    named = {name: seen.attributes[name] for name in ("action", "event", "profile", "encoding", "receipt_id")}
    assert named == {
        "action": "LOAN",
        "event": topic.upper().replace("-", "_"),
        "profile": stack.facts["profile"],
        "encoding": "utf-8",
        "receipt_id": receipt_id,
    }
    line = stack.outcome(receipt_id)
    assert (line["outcome"], line["identity"]) == ("delivered", seen.attributes["identity"])


def test_an_unknown_event_goes_to_the_topic_other(stack: Stack) -> None:
    """An event with an unknown action is delivered to the topic other."""
    body = fresh(b'{"id":"1000000000000003","action":"PORTFOLIO","event":{"value":"PORTFOLIO_CREATED"},"portfolio":{}}')
    [seen] = stack.sightings(stack.accepted(body))
    assert (seen.topic, seen.body, seen.attributes["action"]) == ("other", body, "PORTFOLIO")


@pytest.mark.parametrize("bit", [0, -1], ids=["first byte", "last byte"])
def test_a_flipped_bit_is_rejected_and_nothing_is_queued(bit: int, stack: Stack) -> None:
    """A request with a flipped bit is answered with 401, and is not queued: the same body, signed, is delivered."""
    right = b"\r" + fresh(body_of("loan-created")) + b"\r"
    wrong = bytearray(right)
    wrong[bit] ^= ord("\r") ^ ord("\t")
    reply = stack.send(bytes(wrong), signed=signature(right, secret=stack.facts["secret"]))
    assert (reply.status, reply.receipt_id) == (401, None)
    assert stack.outcome(stack.accepted(bytes(wrong)))["outcome"] == "delivered"


def test_alma_can_activate_the_profile(stack: Stack) -> None:
    """The response to a challenge has the format that Alma expects."""
    parts = urlsplit(stack.facts["webhook_url"])
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(str(parts.hostname), parts.port, timeout=10)
    connection.request("GET", parts.path + "?challenge=a%20b%2B")
    response = connection.getresponse()
    answer = (response.status, response.getheader("content-type"), json.loads(response.read()))
    connection.close()
    assert answer == (200, "application/json", {"challenge": "a b+"})


def test_bytes_that_are_not_text_become_a_dead_letter(stack: Stack) -> None:
    """A signed body that is not text is accepted and becomes a dead letter, because the signature is valid."""
    receipt_id = stack.accepted(b'{"action":"LOAN","broken":"\xff\xfe"}', "application/octet-stream")
    assert stack.outcome(receipt_id)["outcome"] == "dead"


def test_five_equal_posts_at_once_start_one_execution(stack: Stack) -> None:
    """Five equal posts at once are all accepted and start one execution with the expected input."""
    day = some_day()
    body = pod(stack.scope.stage, end_time=f"{day}T02:41:10.122Z")
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
    assert eventually(lambda: list(stack.executions().values()).count(pod_input(day))) == 1  # listed a little late


def test_the_execution_succeeds(stack: Stack) -> None:
    """The state machine of the stack accepts the input of the route, also if the event has only a date."""
    line = stack.outcome(stack.accepted(pod(stack.scope.stage, end_time="2026-05-15")))
    [delivery] = line["deliveries"]
    described = eventually(
        lambda: next(
            (found for found in [stack.execution(delivery["execution"])] if found["status"] != "RUNNING"),
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
def test_a_job_that_no_route_selects_is_ignored(changes: dict[str, Any], stack: Stack) -> None:
    """A job that no route selects is accepted, logged as ignored and delivered to no target."""
    day = some_day()
    receipt_id = stack.accepted(pod(stack.scope.stage, **{"end_time": f"{day}", **changes}))
    line = stack.outcome(receipt_id)
    assert (line["outcome"], line["deliveries"]) == ("ignored", [])
    assert pod_input(day) not in stack.executions().values()
    stack.drain()
    assert receipt_id not in [seen.receipt_id for seen in stack.subscriptions.sightings]
