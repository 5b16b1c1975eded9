"""All functions run from their zips under Lambda's own runtime client, with the log format that is deployed."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from ingest.envelope import Envelope
from ingest.heartbeat import PROFILE
from notifications.compose import compose
from notifications.integrations.table import INTEGRATIONS
from scripts.alma_client.client import signature
from tests.canary import sung
from tests.end_to_end.lambda_log import unreadable
from tests.end_to_end.notification_functions import KEY, PHONE, TOPIC
from tests.end_to_end.running import Running
from tests.end_to_end.zipped_functions import ZIPS, aws_of, deployed, packages_of, queued, running_function, unpack
from tests.notifications.gateway_events import event
from tests.samples import body_of, record_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime client is published for Linux only")

BODY = body_of("loan-created")
TITLE = "Handbook of Paper Boats"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unpack the zips of all functions."""
    folder = tmp_path_factory.mktemp("zips")
    return {name: unpack(name, folder) for name in ZIPS}


def request(body: bytes, signed: str, profile: str = "alma") -> dict[str, Any]:
    """Return a request as an HTTP API passes it on."""
    http = {"method": "POST", "path": f"/webhooks/{profile}", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}
    return {
        "version": "2.0",
        "rawPath": f"/webhooks/{profile}",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "x-exl-signature": signed},
        "requestContext": {"http": http, "requestId": "r", "stage": "$default", "timeEpoch": 0},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def test_f78_ingest_runs_under_the_runtime_client(running: Running, folders: dict[str, Path]) -> None:
    """Each line is readable for Lambda, metrics included, and none quotes a body, a signature or a secret."""
    secret = running.facts["secret"]
    with running_function(running, folders["ingest"], ALARMS="full") as ingest:
        accepted = ingest.invoke(request(BODY, signature(BODY, secret=secret)))
        rejected = ingest.invoke(request(BODY, signature(BODY, secret="another")))
        unknown = ingest.invoke(request(BODY, "", profile="nobody"))
        strange = ingest.invoke({"Records": []})
    assert [each.body["statusCode"] for each in (accepted, rejected, unknown)] == [200, 401, 404]
    assert strange.kind == "response"
    assert unreadable(ingest.lines) == unreadable(ingest.frames) == []
    assert [json.loads(line)["message"] for line in ingest.lines if "_aws" not in line][:2] == ["accepted", "rejected"]
    assert any("_aws" in line for line in ingest.lines)
    assert sung(ingest.output, [secret, signature(BODY, secret=secret)]) == set()


def test_f78_the_heartbeat_runs_under_the_runtime_client(running: Running, folders: dict[str, Path]) -> None:
    """A heartbeat is accepted; a failure is an error of the function, whose text has neither secret nor signature."""
    with running_function(running, folders["heartbeat"]) as heartbeat:
        sent = heartbeat.invoke({})
    with running_function(
        running, folders["heartbeat"], WEBHOOK_URL_BASE=f"{running.facts['endpoint_url']}/no/"
    ) as failing:
        failed = failing.invoke({})
    assert (sent.kind, failed.kind, failed.body["errorType"]) == ("response", "error", "HeartbeatError")
    for function in (heartbeat, failing):
        assert unreadable(function.lines) == unreadable(function.frames) == []
    name = f"/alma-webhooks/dev/{PROFILE}/secret"
    secret = aws_of(running).ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"][0]["Value"]
    assert sung(heartbeat.output + failing.output + json.dumps(failed.body), [secret]) == set()


def test_f78_the_processor_runs_under_the_runtime_client(running: Running, folders: dict[str, Path]) -> None:
    """Each line is readable for Lambda; a failed attempt is an error that quotes nothing of the body."""
    with running_function(running, folders["processor"], ALARMS="full") as processor:
        delivered = processor.invoke(queued(BODY + b" "))  # not the event that ingest's test queues
        dead = processor.invoke(queued(b"Maren"))
        strange = processor.invoke({"Maren": 1})
    # A port that nobody listens on: every call to AWS fails.
    with running_function(running, folders["processor"], AWS_ENDPOINT_URL="http://127.0.0.1:9") as failing:
        retried = failing.invoke(queued(BODY))
    assert [delivered.kind, dead.kind] == ["response", "response"]
    assert [strange.kind, strange.body["errorType"]] == ["error", "ValueError"]
    assert [retried.kind, retried.body["errorType"]] == ["error", "DeliveryUncertain"]
    for function in (processor, failing):
        assert unreadable(function.lines) == unreadable(function.frames) == []
    outcomes = [json.loads(line).get("outcome") for line in processor.lines if "_aws" not in line]
    assert outcomes == ["delivered", "dead"]
    assert any("_aws" in line for line in processor.lines)
    own = [json.loads(frame).get("errorType") for frame in (*processor.frames, *failing.frames)]
    assert own == ["ValueError", "DeliveryUncertain"]  # Lambda's, and no line of an AWS client
    posted = json.dumps([strange.body, retried.body])
    assert sung(processor.output + failing.output + posted) == set()


def notification_post(key: str = KEY) -> dict[str, Any]:
    """Return a post to the notifications API as the gateway passes it on."""
    return event({"metadata": {"title": TITLE}}, x_api_key=key, x_topic_hash_x=str(TOPIC.id))


def test_f78_the_producer_runs_under_the_runtime_client(running: Running, folders: dict[str, Path]) -> None:
    """Each request has one readable line, which quotes no value, no key and no hash."""
    with running_function(running, folders["producer"]) as producer:
        posted = [
            producer.invoke(given)
            for given in (notification_post(), notification_post("x"), event(method="OPTIONS"), {"Maren": 1})
        ]
    with running_function(running, folders["producer"], AWS_ENDPOINT_URL="http://127.0.0.1:9") as failing:
        posted.append(failing.invoke(notification_post()))
    assert [each.kind for each in posted] == ["response"] * 5
    assert [each.body["statusCode"] for each in posted] == [200, 403, 200, 404, 502]
    for function in (producer, failing):
        assert unreadable(function.lines) == unreadable(function.frames) == []
    messages = [json.loads(line)["message"] for line in producer.lines]
    assert messages == ["accepted", "rejected", "preflight", "rejected"]
    assert sung(producer.output + failing.output, [KEY, str(TOPIC.id)]) == set()


def test_f78_the_sender_runs_under_the_runtime_client(running: Running, folders: dict[str, Path]) -> None:
    """Each line is readable for Lambda; a failed attempt is an error that quotes neither the message nor the phone."""
    composed = compose(TOPIC, {"title": TITLE}, "receipt:1", INTEGRATIONS).notifications[0].encode().encode()
    envelope = Envelope(composed, "1", "2026-01-01T00:00:00.000Z", "notifications", "application/json")
    with running_function(running, folders["sender"]) as sender:
        accepted = sender.invoke({"Records": [record_of(envelope)]})
        dead = sender.invoke(queued(b"Maren"))
        strange = sender.invoke({"Maren": 1})
    with running_function(running, folders["sender"], AWS_ENDPOINT_URL="http://127.0.0.1:9") as failing:
        retried = failing.invoke({"Records": [record_of(envelope)]})
    assert [accepted.kind, dead.kind] == ["response", "response"]
    assert [strange.kind, strange.body["errorType"]] == ["error", "ValueError"]
    assert (retried.kind, retried.body["errorType"]) == ("error", "DeliveryUncertain")
    for function in (sender, failing):
        assert unreadable(function.lines) == unreadable(function.frames) == []
    outcomes = [json.loads(line).get("outcome") for line in sender.lines if "_aws" not in line]
    assert outcomes == ["accepted", "dead"]
    assert any("_aws" in line for line in sender.lines)
    posted = json.dumps([strange.body, retried.body])
    assert sung(sender.output + failing.output + posted, [PHONE]) == set()


@pytest.mark.parametrize("name", ZIPS)
def test_f78_a_start_that_fails_is_reported(running: Running, folders: dict[str, Path], name: str) -> None:
    """Lambda gets an error that names the missing variables, or each request an answer, and no line is unreadable."""
    missing = dict.fromkeys(deployed(running, name), "")
    with running_function(running, folders[name], **missing) as function:
        posted = function.invoke(request(BODY, "x") if name == "ingest" else {})
    if name == "ingest":  # It answers each request 503, because Alma retries that.
        assert (posted.kind, posted.body["statusCode"]) == ("response", 503)
    else:
        assert posted.kind == ("error" if name == "heartbeat" else "init/error")
        assert "STAGE" in posted.body["errorMessage"]
    assert unreadable(function.lines) == unreadable(function.frames) == []


def test_f78_a_stray_print_is_noticed(running: Running, folders: dict[str, Path], tmp_path: Path) -> None:
    """A line that is not a log line is found, so the tests above cannot pass without looking."""
    copied = tmp_path / "processor"
    shutil.copytree(folders["processor"], copied)
    packages_of(copied).symlink_to(packages_of(folders["processor"]))
    with (copied / "processor" / "outcomes.py").open("a", encoding="utf-8") as file:
        file.write('\nprint("x")\n')
    with running_function(running, copied) as function:
        function.invoke(queued(BODY))
    assert unreadable(function.lines) == ["x"]
