"""The log lines of one request: the right ones, in order, and their text."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.request_trace.log import as_data, lines, pattern_for, request_lines
from scripts.request_trace.log_line import LogLine
from tests.moto_resources import create_log_group

GROUPS = {"ingest": "/ingest", "processor": "/processor", "audit": "/audit"}


def silent(_group: str, _count: int, _last: int) -> None:
    """Ignore the progress."""


@pytest.fixture
def stack(scope: StackContext) -> StackContext:
    """A stack with all three log groups."""
    names = ("IngestLogGroupName", "ProcessorLogGroupName", "AuditLogGroupName")
    outputs = dict(zip(names, GROUPS.values(), strict=True))
    for group in GROUPS.values():
        create_log_group(scope.aws, group, "s")
    return scope._replace(stack=scope.stack._replace(outputs=scope.stack.outputs | outputs))


def write(scope: StackContext, log: str, at: int, *texts: Any) -> None:
    events: Any = [{"timestamp": at, "message": text if isinstance(text, str) else json.dumps(text)} for text in texts]
    scope.aws.logs.put_log_events(logGroupName=GROUPS[log], logStreamName="s", logEvents=events)


def moment(minutes: int) -> int:
    return round(time.time() * 1000) - minutes * 60_000


def read(scope: StackContext, receipt_id: str = "r1", since: int = 0) -> list[LogLine]:
    return request_lines(scope, receipt_id, since, moment(-1), silent)


def test_lines_of_all_logs_are_read_by_time(stack: StackContext) -> None:
    """Only those with this receipt ID, since the given time."""
    write(stack, "processor", moment(8), {"message": "retry", "receipt_id": "r1", "receives": 1})
    write(stack, "ingest", moment(9), {"message": "accepted", "receipt_id": "r1"}, {"receipt_id": "r11"}, '"r1"', "r1")
    write(stack, "processor", moment(7), {"message": "outcome", "receipt_id": "r1"}, {"message": "r1"})
    write(stack, "audit", moment(8) + 1, {"message": "replayed", "receipt_id": "r1"}, ["r1"])
    write(stack, "ingest", moment(60), {"message": "accepted", "receipt_id": "r1"})
    found = read(stack, since=moment(30))
    assert [(line.log, line.members["message"]) for line in found] == [
        ("ingest", "accepted"),
        ("processor", "retry"),
        ("audit", "replayed"),
        ("processor", "outcome"),
    ]


def test_a_stack_without_an_audit_has_two_logs(stack: StackContext) -> None:
    """It is of an older version."""
    outputs = {name: value for name, value in stack.stack.outputs.items() if name != "AuditLogGroupName"}
    write(stack, "audit", moment(1), {"message": "replayed", "receipt_id": "r1"})
    assert read(stack._replace(stack=stack.stack._replace(outputs=outputs))) == []


@pytest.mark.parametrize(
    ("receipt_id", "pattern"),
    [
        ("0123abc", '{ $.receipt_id = "0123abc" }'),
        ('" || $.receipt_id = "*', r'{ $.receipt_id = "\" || $.receipt_id = \"*" }'),
        ('\\" }', r'{ $.receipt_id = "\\\" }" }'),
    ],
)
def test_an_id_is_not_a_pattern(receipt_id: str, pattern: str) -> None:
    """Every character is part of the searched text."""
    assert pattern_for(receipt_id) == pattern


def test_a_star_is_not_every_request(stack: StackContext) -> None:
    """The lines that AWS returns are compared again."""
    write(stack, "ingest", moment(1), {"message": "accepted", "receipt_id": "r1"})
    assert read(stack, "r*") == []
    assert read(stack, "*") == []


@pytest.mark.parametrize("receipt_id", ["", "x" * 257, "a\nb", "\x1b"])
def test_an_invalid_receipt_id_is_an_error(receipt_id: str) -> None:
    """Before any request to AWS."""
    with pytest.raises(ConfigurationError, match="ID must be a receipt ID"):
        pattern_for(receipt_id)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("AccessDeniedException", "AWS denied access to log group /ingest: you need logs:FilterLogEvents on"),
        ("ResourceNotFoundException", "Log group /ingest not found"),
    ],
)
def test_a_log_that_may_not_be_read_is_named(scope: StackContext, code: str, sentence: str) -> None:
    """In one sentence, with the missing permission."""
    aws = Aws.local("http://127.0.0.1:9", "us-east-1")
    outputs = {"IngestLogGroupName": "/ingest", "ProcessorLogGroupName": "/processor"}
    stack = scope._replace(aws=aws, stack=scope.stack._replace(outputs=outputs))
    with Stubber(aws.logs) as stub:
        stub.add_client_error("filter_log_events", code, "no")
        with pytest.raises(FailedError) as raised:
            read(stack)
        assert str(raised.value).startswith(sentence)
        stub.add_client_error("filter_log_events", "ThrottlingException", "no")
        with pytest.raises(ClientError):
            read(stack)


FAILURE = {"class": "refused", "reason": "AWS returned NotFound", "route": "loans", "target": "topic:loan-lost"}
DELIVERED = {"route": "loans", "target": "topic:loan-created", "outcome": "delivered"}


def test_lines_are_short() -> None:
    """Time, log, message and facts; a failure below its delivery, or by itself without deliveries."""
    at = 1_795_521_600_000
    found = [
        LogLine(at, "ingest", {"message": "accepted", "profile": "alma", "bytes": 12, "status": 200, "level": "INFO"}),
        LogLine(
            at + 1,
            "processor",
            {
                "message": "retry",
                "receives": 1,
                "seconds_away": 180,
                "failure": FAILURE,
                "event": "",
                "deliveries": [DELIVERED, {"route": "loans", "target": "topic:loan-lost", "failure": FAILURE}],
            },
        ),
        LogLine(at + 2, "processor", {"message": "outcome", "outcome": "dead", "failure": FAILURE, "deliveries": []}),
        LogLine(at + 3, "audit", {"message": "replayed", "who": "arn:x", "result": "done"}),
    ]
    assert list(lines(found)) == [
        "2026-11-24T12:00:00.000Z  ingest     accepted           profile alma, bytes 12, status 200",
        "2026-11-24T12:00:00.001Z  processor  retry              receives 1, seconds_away 180",
        "    topic:loan-created by route loans: delivered",
        "    topic:loan-lost by route loans: refused: AWS returned NotFound",
        "2026-11-24T12:00:00.002Z  processor  outcome dead",
        "    refused: AWS returned NotFound (route loans, target topic:loan-lost)",
        "2026-11-24T12:00:00.003Z  audit      replayed           who arn:x, result done",
    ]
    assert as_data(found[3]) == {
        "at": "2026-11-24T12:00:00.003Z",
        "log": "audit",
        "line": found[3].members,
        "partly_delivered": None,
    }


def test_f69_an_outcome_says_how_far_a_dead_event_was_delivered() -> None:
    """As text and as JSON."""
    failed = {"route": "loans", "target": "topic:loan-lost", "failure": FAILURE}
    members = {"message": "outcome", "outcome": "dead", "receives": 1, "deliveries": [DELIVERED, failed, DELIVERED]}
    line = LogLine(0, "processor", members)
    first, *_ = lines([line])
    assert first == "1970-01-01T00:00:00.000Z  processor  outcome dead (partly delivered: 2 of 3)  receives 1"
    assert as_data(line)["partly_delivered"] == {"delivered": 2, "deliveries": 3}


@pytest.mark.parametrize(
    "members",
    [
        {"message": "\x1b[2J", "profile": "\x9b", "reason": "\u202e"},
        {"message": ["a"], "deliveries": ["a", {"route": "\x1b"}, {"failure": 1}], "failure": "x"},
        {"deliveries": {"a": 1}, "failure": {"class": "\x1b", "reason": 5}},
        {"outcome": "dead", "deliveries": 7, "failure": {"class": ["x"], "route": {}}},
        {"outcome": "dead", "deliveries": [[], {"outcome": ["delivered"], "failure": {"reason": "\x1b"}}] * 9},
    ],
)
def test_f49_no_line_moves_the_cursor(members: dict[str, Any]) -> None:
    """Values of other types are ignored."""
    shown = list(lines([LogLine(0, "ingest", members)]))
    assert shown
    assert all(line.isprintable() for line in shown)
