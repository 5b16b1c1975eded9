"""The handler in a new interpreter: its imports, its logs, and an answer to every event."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.signature import sign
from tests.ingest.test_gateway import HTTP_API
from tests.ingest.test_settings import ENVIRONMENT
from tests.loopback import Behaviour, Conversation, Loopback, answer, say, stall

ROOT = Path(__file__).parents[2]
BODY = b'{"patron":"invented-patron-4711"}'
SECRET = "invented-secret-4711"
MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
NAME = "/alma-webhooks/dev/alma/secret"

IMPORTED = """
import sys
before = set(sys.modules)
import ingest.handler
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print("third party:", sorted(new - set(sys.stdlib_module_names) - {"ingest"}))
print("expensive:", sorted(new & {"asyncio", "dataclasses", "inspect", "logging", "subprocess", "unittest", "uuid"}))
"""
HANDLE = """
import json, sys
from ingest.handler import lambda_handler
print("answer", json.dumps([lambda_handler(event, None) for event in json.loads(sys.stdin.read())]))
"""


def python(code: str, environment: dict[str, str], given: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the project's own interpreter and code
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )


def counted(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "_aws"}


class Handled:
    """The result of handling some events in one function."""

    def __init__(self, events: list[dict[str, Any]], environment: dict[str, str]) -> None:
        self.output = python(HANDLE, environment, json.dumps(events)).stdout
        *logged, answered = self.output.splitlines()
        written = [json.loads(line) for line in logged]
        self.lines = [line for line in written if "_aws" not in line]
        self.metrics = [counted(line) for line in written if "_aws" in line]
        self.answers = json.loads(answered.removeprefix("answer "))
        self.statuses = [one["statusCode"] for one in self.answers]


def event(body: bytes = BODY, secret: str = SECRET, **more: Any) -> dict[str, Any]:
    headers = {"x-exl-signature": sign(body, secret).decode()}
    context = {"http": {"method": "POST"}}
    return {**HTTP_API, "requestContext": context, "headers": headers, "body": body.decode(), **more}


def aws(*script: Behaviour) -> Iterator[tuple[Loopback, dict[str, str]]]:
    with Loopback(*script) as server:
        yield server, {**ENVIRONMENT, "PROFILES": "alma", "AWS_ENDPOINT_URL": server.url}


GOOD_SECRET = answer({"Parameters": [{"Name": NAME, "Value": SECRET}]})
ACCEPTED = answer({"MD5OfMessageBody": MD5})


def test_importing_loads_no_expensive_modules() -> None:
    """Every import slows down a cold start; without configuration the import does not raise."""
    completed = python(IMPORTED, {})
    assert "third party: []" in completed.stdout
    assert "expensive: []" in completed.stdout


def test_a_smaller_tier_of_alarms_writes_no_metrics() -> None:
    """An accepted and a rejected request leave only their log lines."""
    for _, environment in aws(GOOD_SECRET, ACCEPTED):
        handled = Handled([event(), event(rawPath="/webhooks/nobody")], {**environment, "ALARMS": "essential"})
        assert handled.statuses == [200, 404]
        assert [line["message"] for line in handled.lines] == ["accepted", "rejected"]
        assert handled.metrics == []


def test_f01_a_signed_request_is_queued_and_logged_without_its_content() -> None:
    """Secrets are read at the start, the body is sent once, and neither body, secret nor signature is logged."""
    for server, environment in aws(GOOD_SECRET, ACCEPTED):
        handled = Handled([event()], environment)
        assert handled.statuses == [200]
        [line] = handled.lines
        assert line["receipt_id"] == json.loads(handled.answers[0]["body"])["receipt_id"]
        assert (line["message"], line["profile"], line["bytes"]) == ("accepted", "alma", len(BODY))
        assert line["secret"] == "current"
        assert handled.metrics == [{"Stage": "dev", "Profile": "alma", "Secret": "current", "Accepted": 1}]
        assert line["level"] == "INFO"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
        targets = [received.headers["x-amz-target"] for received in server.received]
        assert targets == ["AmazonSSM.GetParameters", "AmazonSQS.SendMessage"]
        assert server.received[1].members["MessageBody"] == BODY.decode()
        assert not any(word in handled.output for word in ("patron", SECRET, sign(BODY, SECRET).decode()))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ((answer({"__type": "com.amazonaws.ssm#InvalidKeyId"}, 400),), "secret-store"),
        ((answer({"__type": "com.amazonaws.kms#DisabledException"}, 400),), "secret-store"),
        ((GOOD_SECRET, answer({"__type": "com.amazonaws.sqs#KmsDisabled"}, 400)), "queue"),
    ],
)
def test_f53_a_disabled_key_is_a_503_and_counted(script: tuple[Behaviour, ...], reason: str) -> None:
    """A disabled key of the secrets or the queue gives 503, so that Alma retries and an alarm goes off."""
    for _, environment in aws(*script):
        handled = Handled([event()], environment)
        assert handled.statuses == [503]
        rejected = {"Stage": "dev", "Profile": "alma", "Reason": reason, "Rejected": 1}
        assert handled.metrics == [rejected]


def test_f08_an_event_signed_with_the_previous_secret_is_marked() -> None:
    """Log and metric show whether Alma still uses the previous secret."""
    previous = {"Name": NAME.replace("secret", "previous-secret"), "Value": "old"}
    for _, environment in aws(answer({"Parameters": [{"Name": NAME, "Value": SECRET}, previous]}), ACCEPTED):
        handled = Handled([event(secret="old")], environment)
        assert handled.lines[0]["secret"] == "previous"
        assert handled.metrics == [{"Stage": "dev", "Profile": "alma", "Secret": "previous", "Accepted": 1}]


def test_f02_a_wrong_signature_is_401_counted_and_with_a_reason_in_the_log() -> None:
    """Nothing is sent to the queue, and the request is not quoted."""
    for server, environment in aws(GOOD_SECRET):
        handled = Handled([event(secret="another"), event(secret="another", path="x")], environment)
        assert handled.statuses == [401, 401]
        assert (handled.lines[0]["reason"], handled.lines[0]["level"]) == ("wrong-signature", "WARN")
        rejected = {"Stage": "dev", "Profile": "alma", "Reason": "wrong-signature", "Rejected": 1}
        assert handled.metrics == [rejected, rejected]
        assert {received.headers["x-amz-target"] for received in server.received} == {"AmazonSSM.GetParameters"}
        assert "patron" not in handled.output


def test_f16_replaced_bytes_are_counted_separately() -> None:
    """A 401 caused by the gateway is distinguishable from a wrong secret."""
    for _, environment in aws(GOOD_SECRET):
        handled = Handled([event('{"title":"K\ufffdln"}'.encode(), "another")], environment)
        assert handled.statuses == [401]
        assert handled.lines[0]["reason"] == "replaced-bytes"
        assert handled.metrics == [{"Stage": "dev", "Profile": "alma", "Reason": "replaced-bytes", "Rejected": 1}]


def test_f22_no_metric_has_a_name_from_a_request() -> None:
    """An unknown path is counted under a fixed word; an answered challenge is not counted."""
    challenge = event(requestContext={"http": {"method": "GET"}}, queryStringParameters={"challenge": "c"})
    for _, environment in aws(GOOD_SECRET):
        handled = Handled([event(rawPath="/webhooks/patron", headers={}), challenge], environment)
        assert handled.statuses == [404, 200]
        assert handled.metrics == [{"Stage": "dev", "Profile": "-", "Reason": "unknown-path", "Rejected": 1}]
        assert "patron" not in handled.output


def test_f56_a_retired_profile_is_503_and_counted_and_no_unknown_path_asks_ssm() -> None:
    """The only AWS call is the one for the served profile, at the start: 1,000 unknown paths add none."""
    unknown = [event(rawPath=f"/webhooks/unknown-{number}") for number in range(1000)]
    for server, environment in aws(GOOD_SECRET):
        retired = {"RETIRED_PROFILES": "consortium,partner"}
        handled = Handled([*unknown, event(rawPath="/webhooks/consortium")], environment | retired)
        assert handled.statuses == [404] * 1000 + [503]
        facts = {name: handled.lines[-1].get(name) for name in ("message", "reason", "profile")}
        assert facts == {"message": "rejected", "reason": "retired-profile", "profile": "consortium"}
        rejected = {"Stage": "dev", "Profile": "consortium", "Reason": "retired-profile", "Rejected": 1}
        assert handled.metrics[-1] == rejected
        assert [received.headers["x-amz-target"] for received in server.received] == ["AmazonSSM.GetParameters"]
        assert server.received[0].members["Names"] == [NAME, NAME.replace("secret", "previous-secret")]


def test_f67_a_404_with_a_signature_is_counted_separately() -> None:
    """The request is logged and counted under a fixed word, without path and signature; no secret is read."""
    for server, environment in aws(GOOD_SECRET):
        handled = Handled([event(secret="another", rawPath="/webhooks/patron")], environment)
        assert handled.statuses == [404]
        assert handled.lines[0]["reason"] == "unknown-path-signed"
        assert handled.metrics == [{"Stage": "dev", "Profile": "-", "Reason": "unknown-path-signed", "Rejected": 1}]
        assert not any(word in handled.output for word in ("patron", sign(BODY, "another").decode()))
        assert len(server.received) == 1  # at the start


def in_format(request: dict[str, Any], form: str) -> dict[str, Any]:
    """A request of payload 2.0 as a Function URL event, or as an event of payload 1.0."""
    if form != "1.0":
        return request
    method = request["requestContext"]["http"]["method"]
    context = {name: value for name, value in request["requestContext"].items() if name != "http"}
    if "timeEpoch" in context:
        context["requestTimeEpoch"] = context.pop("timeEpoch")
    rest = {name: value for name, value in request.items() if name not in {"rawPath", "version"}}
    path = request.get("rawPath", "/webhooks/alma")
    return {**rest, "requestContext": context, "version": "1.0", "httpMethod": method, "path": path}


@pytest.mark.parametrize("form", ["2.0", "1.0"])
def test_f68_every_answer_forbids_sniffing_and_caching(form: str) -> None:
    """The headers are in all answers, also to events that are not requests and after unexpected errors."""
    get, put = ({"http": {"method": method}} for method in ("GET", "PUT"))
    requests = {
        200: event(requestContext=get, queryStringParameters={"challenge": "c"}),
        400: event(body=b""),
        401: event(secret="another"),
        404: event(rawPath="/webhooks/nobody"),
        405: event(requestContext=put),
        503: event(requestContext={"http": {"method": "POST"}, "timeEpoch": 10**400}),
    }
    for _, environment in aws(GOOD_SECRET):
        handled = Handled([*(in_format(request, form) for request in requests.values()), {}], environment)
        assert handled.statuses == [*requests, 404]
        assert_guard_headers(handled)


def test_f68_an_unconfigured_listener_forbids_them_too() -> None:
    """The same headers are in the answers of a listener that is not configured."""
    handled = Handled([event()], {"STAGE": "dev"})
    assert handled.statuses == [503]
    assert_guard_headers(handled)


def assert_guard_headers(handled: "Handled") -> None:
    for one in handled.answers:
        guards = (one["headers"]["X-Content-Type-Options"], one["headers"]["Cache-Control"])
        assert guards == ("nosniff", "no-store"), one


def test_a_405_has_the_allowed_methods() -> None:
    """The answer has the header Allow."""
    for _, environment in aws(GOOD_SECRET):
        handled = Handled([event(requestContext={"http": {"method": "PUT"}})], environment)
        assert handled.statuses == [405]
        assert handled.answers[0]["headers"]["Allow"] == "GET, POST"


def test_f09_a_request_retries_a_failed_warm_up() -> None:
    """If SSM was down at the start, the first request reads the secrets."""
    for _, environment in aws(answer({}, 503), answer({}, 503), GOOD_SECRET, ACCEPTED):
        handled = Handled([event()], environment)
        assert handled.statuses == [200]
        assert handled.lines[0]["message"] == "no secret yet"


def test_f09_a_cold_function_without_ssm_answers_503() -> None:
    """The answer is neither 401 nor 200, and does not have the text of AWS."""
    for _, environment in aws(say(b"")):
        handled = Handled([event()], environment)
        assert handled.statuses == [503]
        assert handled.lines[-1]["reason"] == "secret-store"
        assert "RemoteDisconnected" not in handled.answers[0]["body"]


def test_f09_the_function_starts_without_aws() -> None:
    """Without connection and secrets the function starts, logs both, and answers 503 until AWS is back."""
    with Loopback(stall) as gone:
        environment = {**ENVIRONMENT, "PROFILES": "alma", "AWS_ENDPOINT_URL": gone.url}
    handled = Handled([event()], environment)
    assert handled.statuses == [503]
    assert [line["message"] for line in handled.lines] == [
        "no connection to the queue yet",
        "no secret yet",
        "rejected",
    ]


def test_the_deadline_is_counted_from_the_gateways_time() -> None:
    """A request whose time is over is not started."""
    long_ago = {"http": {"method": "POST"}, "timeEpoch": "NOW-10s"}
    code = HANDLE.replace("import json, sys", "import json, sys, time").replace(
        "sys.stdin.read()", "sys.stdin.read().replace('\"NOW-10s\"', str(int(time.time() * 1000) - 10000))"
    )
    for server, environment in aws(GOOD_SECRET, ACCEPTED):
        completed = python(code, environment, json.dumps([event(requestContext=long_ago)]))
        assert '"statusCode": 503' in completed.stdout
        assert [received.headers["x-amz-target"] for received in server.received] == ["AmazonSSM.GetParameters"]


def test_without_settings_every_request_is_503_and_all_are_logged() -> None:
    """A function that is not configured answers 503, so that Alma retries."""
    handled = Handled([event(), {}], {"STAGE": "dev"})
    assert handled.statuses == [503, 503]
    assert json.loads(handled.answers[0]["body"]) == {"error": "This listener is not configured."}
    assert "PROFILES, QUEUE_URL, OVERFLOW_BUCKET, AWS_REGION" in handled.lines[0]["detail"]


@pytest.mark.parametrize("odd", [{}, {"Records": []}, {"headers": None, "body": None}])
def test_an_event_that_is_not_a_request_is_404(odd: dict[str, Any]) -> None:
    """A test event of the console gets an answer."""
    for _, environment in aws(GOOD_SECRET):
        assert Handled([odd], environment).statuses == [404]


def test_an_unexpected_error_is_503_with_class_and_place_only() -> None:
    """An unexpected error is answered and logged without its content."""
    deadline_in = event(requestContext={"http": {"method": "POST"}, "timeEpoch": 10**400})
    for _, environment in aws(GOOD_SECRET):
        handled = Handled([deadline_in], environment)
        assert handled.statuses == [503]
        assert handled.lines[0]["detail"].startswith("OverflowError at gateway.py:")
        assert handled.lines[0]["level"] == "ERROR"
        assert handled.metrics == [{"Stage": "dev", "Profile": "-", "Reason": "failed", "Rejected": 1}]
        assert "patron" not in handled.output


def test_an_invalid_lifetime_is_logged_and_every_request_is_503() -> None:
    """A function with invalid settings answers 503, so that Alma retries."""
    for _, environment in aws(GOOD_SECRET):
        handled = Handled([event()], environment | {"SECRET_LIFETIME_SECONDS": "soon"})
        assert handled.statuses == [503]
        assert handled.lines[0]["detail"] == "SECRET_LIFETIME_SECONDS must be whole seconds from 5 to 3600."


def test_the_secret_is_read_at_the_start_with_the_queues_connection_open() -> None:
    """The start opens the connection and reads the secret, because the CPU is not throttled then."""
    served: list[str] = []

    def first(conversation: Conversation) -> bool:
        served.append("secret")
        return GOOD_SECRET(conversation)

    for server, environment in aws(first, stall):
        python("import ingest.handler", environment)
        assert served == ["secret"]
        assert [received.connection for received in server.received] == [2]
