"""Reading a heartbeat's lines from the processor's log, on AWS and on the emulator."""

import json
from io import BytesIO
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.deploy.heartbeat_log import HeartbeatLog


@pytest.fixture
def log(clients: Aws) -> HeartbeatLog:
    return HeartbeatLog(clients, "/group", "processor", 1000)


def answer(payload: Any, **more: Any) -> dict[str, Any]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return {"StatusCode": 200, "Payload": StreamingBody(BytesIO(raw), len(raw)), **more}


def test_f57_only_its_own_lines_and_errors_are_asked_for(log: HeartbeatLog) -> None:
    """A busy processor writes thousands of lines a minute, from the post's moment on."""
    lines: list[Any] = [
        "START RequestId: x",
        json.dumps({"message": "outcome", "receipt_id": "other", "outcome": "dead"}),
        json.dumps({"message": "retry", "receipt_id": "r", "receives": 1}),
        json.dumps({"message": "outcome", "receipt_id": "r", "outcome": "delivered"}),
        json.dumps({"errorType": "A", "errorMessage": "b\x1b[2J."}),
        json.dumps({"errorType": "C", "errorMessage": "d"}),
    ]
    with Stubber(log.aws.logs) as stub:
        stub.add_response(
            "filter_log_events",
            {"events": [{"timestamp": 1, "message": line} for line in lines]},
            {
                "logGroupName": "/group",
                "startTime": 1000,
                "endTime": 86_401_000,
                "filterPattern": '{ ($.receipt_id = "r") || ($.errorType = "*") }',
            },
        )
        found = log.read("r")
    assert (found.outcome["outcome"], found.retry["receives"]) == ("delivered", 1)
    assert found.fault == "A: b\\x1b[2J"


@pytest.mark.parametrize(
    ("payload", "error", "fault"),
    [
        (
            {"errorType": "SettingsError", "errorMessage": "TOPICS is missing."},
            "Unhandled",
            "SettingsError: TOPICS",
        ),
        ({"errorType": "SettingsError"}, None, ""),
        (b"not JSON", "Unhandled", ""),
        (None, None, ""),
    ],
)
def test_f57_a_emulator_is_asked_whether_the_processor_starts(
    log: HeartbeatLog, payload: Any, error: str | None, fault: str
) -> None:
    """It writes no line when a function cannot start."""
    with Stubber(log.aws.functions) as stub:
        more = {"FunctionError": error} if error else {}
        asked = {"FunctionName": "processor", "Payload": b'{"Records": []}'}
        stub.add_response("invoke", answer(payload, **more), asked)
        assert log.start().startswith(fault) if fault else log.start() == ""


def test_f57_on_aws_nobody_runs_the_processor(aws: Aws) -> None:
    """A deployer needs no right to; the log has the error."""
    assert HeartbeatLog(aws, "/group", "no-such-function", 0).start() == ""
