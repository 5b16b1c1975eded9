"""Test which log lines are read, over pages, and the error for a log that cannot be read."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from ingest.log import log
from ingest.metrics import Metrics
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import FailedError
from scripts.reconciliation.logs import Logs
from scripts.reconciliation.reconcile import ReconciliationLine
from tests.scripts.reconciliation.test_reconcile import accepted, ended, rejected, retry
from tests.scripts.stack_logs import INGEST, PROCESSOR, Site

NOBODY = "ingest's group"


def silent(_group: str, _count: int, _last: int) -> None:
    """Report no progress."""


def bounds() -> tuple[int, int]:
    now = round(time.time() * 1000)
    return now - 3_600_000, now


def without_time(lines: Iterator[ReconciliationLine]) -> list[Any]:
    return [line._replace(at=0) for line in lines]


def test_lines_of_ingest_are_read(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Metrics, challenges and lines that are not JSON are skipped."""
    facts = {"profile": "alma", "secret": "current", "receipt_id": "r1", "bytes": 7}
    log("INFO", "accepted", **facts)
    Metrics("dev").count(facts)
    log("INFO", "challenge", profile="alma")
    log("WARN", "rejected", reason="wrong-signature", profile="alma")
    log("WARN", "rejected", reason="unknown-path")
    log("ERROR", "failed", reason="failed", detail="E at x.py:1")
    log("INFO", "accepted", profile="alma")
    texts = capsys.readouterr().out.splitlines()
    site.write(INGEST, *texts, "accepted, in no JSON", ["accepted"], '{"message": ["accepted"]}', "{", age=60)
    assert without_time(Logs(site.aws.logs, silent).of_ingest(INGEST, *bounds())) == [
        accepted(0, "r1", "alma"),
        rejected(0, "wrong-signature", "alma"),
        rejected(0, "unknown-path", "-"),
        rejected(0, "failed", "-"),
    ]


def test_lines_of_the_processor_are_read(site: Site) -> None:
    """A dead envelope has no profile; lines without a receipt id are skipped."""
    lines = [
        {"message": "outcome", "outcome": "delivered", "receipt_id": "r1", "profile": "alma", "deliveries": []},
        {"message": "outcome", "outcome": "dead", "receipt_id": "r2"},
        {"message": "retry", "receipt_id": "r3", "profile": "alma"},
        {"message": "retry", "receipt_id": ""},
        {"message": "outcome", "outcome": "dead", "receipt_id": ""},
        {"message": "outcome", "outcome": "unheard-of", "receipt_id": "r4"},
        {"message": "outcome", "outcome": ["dead"], "receipt_id": "r4"},
        {"message": "accepted", "receipt_id": "r5"},
        {"message": "START", "receipt_id": "r6"},
    ]
    site.write(PROCESSOR, *lines, age=60)
    assert without_time(Logs(site.aws.logs, silent).of_processor(PROCESSOR, *bounds())) == [
        ended(0, "r1", "delivered", "alma"),
        ended(0, "r2", "dead", "-"),
        retry(0, "r3", "alma"),
    ]


@pytest.mark.parametrize(
    ("deliveries", "is_partly_delivered"),
    [
        ([{"outcome": "delivered"}, {"failure": {}}], True),
        ([{"failure": {}}], False),
        ([["outcome"], "outcome", {"outcome": {}}, None], False),
        ({"outcome": "delivered"}, False),
        ("outcome", False),
        (7, False),
    ],
)
def test_f69_a_dead_line_says_whether_it_is_partly_delivered(
    site: Site, deliveries: object, is_partly_delivered: bool
) -> None:
    """Values of other types are ignored."""
    line = {"message": "outcome", "outcome": "dead", "receipt_id": "r1", "profile": "alma", "deliveries": deliveries}
    site.write(PROCESSOR, line, age=60)
    [found] = Logs(site.aws.logs, silent).of_processor(PROCESSOR, *bounds())
    assert found.is_partly_delivered is is_partly_delivered


def test_discarded_lines_of_the_audit_are_read(site: Site) -> None:
    """Other lines of the audit log are skipped, and those about notifications: their receipt ID can be an event's."""
    lines = [
        {"message": "discarded", "receipt_id": "r1", "profile": "alma"},
        {"message": "replayed", "receipt_id": "r2"},
        {"message": "discarded", "receipt_id": "r3", "profile": "notifications", "queue": "notifications"},
    ]
    site.write(PROCESSOR, *lines, {"message": "discarded"}, age=60)
    found = without_time(Logs(site.aws.logs, silent).of_operators(PROCESSOR, *bounds()))
    assert found == [ended(0, "r1", "discarded", "alma")]


def test_a_line_has_the_time_of_its_log(site: Site) -> None:
    """It is CloudWatch's, in milliseconds since 1970; lines outside the window are not read."""
    site.accepted("r1", age=60)
    site.accepted("long-ago", age=7200)
    [line] = Logs(site.aws.logs, silent).of_ingest(INGEST, *bounds())
    assert 59_000 <= time.time() * 1000 - line.at <= 120_000


def test_all_pages_are_read_and_reported() -> None:
    """An empty page is not the end; the pattern filters the lines in AWS."""
    logs = Aws.local("http://127.0.0.1:9", "us-east-1").logs
    reported: list[tuple[str, int, int]] = []
    asked: dict[str, Any] = {
        "logGroupName": NOBODY,
        "startTime": 5,
        "endTime": 9,
        "filterPattern": '{ ($.message = "accepted") || ($.message = "rejected") || ($.message = "failed") }',
    }
    with Stubber(logs) as stub:
        for page, receipt_ids in enumerate([["r1", "r2"], [], ["r3"]]):
            events = [
                {"timestamp": 5 + page, "message": json.dumps({"message": "accepted", "receipt_id": receipt_id})}
                for receipt_id in receipt_ids
            ]
            answer: dict[str, Any] = {"events": events} | ({"nextToken": f"t{page}"} if page < 2 else {})
            token = {"nextToken": f"t{page - 1}"} if page else {}
            stub.add_response("filter_log_events", answer, asked | token)
        found = list(Logs(logs, lambda *progress: reported.append(progress)).of_ingest(NOBODY, 5, 9))
    assert [(line.at, line.about) for line in found if line.kind == "accepted"] == [
        (5, "r1"),
        (5, "r2"),
        (7, "r3"),
    ]
    assert reported == [(NOBODY, 0, 0), (NOBODY, 2, 5), (NOBODY, 2, 5), (NOBODY, 3, 7)]


class SilentlyFull:
    """A log as the emulator returns it: one page of at most 10,000 events and no token."""

    def __init__(self, moments: list[int]) -> None:
        self.moments = moments
        self.asked: list[int] = []

    def get_paginator(self, _name: str) -> "SilentlyFull":
        return self

    def paginate(self, startTime: int, **_: Any) -> list[dict[str, Any]]:  # noqa: N803 - AWS' own name
        self.asked.append(startTime)
        found = [at for at in self.moments if at >= startTime][:10_000]
        text = '{"message": "accepted", "receipt_id": "%s"}'
        return [{"events": [{"timestamp": at, "message": text % at} for at in found]}]


@pytest.mark.parametrize(
    ("moments", "asked"),
    [
        (list(range(10, 9_000)), [0]),
        (list(range(10, 25_000)), [0, 10_009, 20_008]),
        ([5] * 10_000 + [6], [0, 5, 6]),
    ],
    ids=["not full", "full twice", "full within one millisecond"],
)
def test_a_full_page_is_not_the_last(moments: list[int], asked: list[int]) -> None:
    """Reading continues from its last event; the join ignores the repeated line."""
    log: Any = SilentlyFull(moments)
    found = {line.at for line in Logs(log, silent).of_ingest("group", 0, 10**6) if line.kind == "accepted"}
    assert found == set(moments)
    assert log.asked == asked


def test_retention_gives_the_first_time_kept(site: Site) -> None:
    """Groups with the same prefix do not count; without retention it is 1970."""
    site.aws.logs.create_log_group(logGroupName=INGEST + "-2")
    logs = Logs(site.aws.logs, silent)
    now = 100 * 86_400_000
    assert logs.kept_since(INGEST, now) == 10 * 86_400_000
    assert logs.kept_since(INGEST + "-2", now) == 0
    with pytest.raises(FailedError, match=r"Log group /aws/lambda/alma not found, so events cannot be reconciled\."):
        logs.kept_since("/aws/lambda/alma", now)


ASKED: dict[str, Callable[[Logs], Any]] = {
    "filter_log_events": lambda logs: list(logs.of_ingest(NOBODY, 0, 9)),
    "describe_log_groups": lambda logs: logs.kept_since(NOBODY, 0),
}


@pytest.mark.parametrize("operation", ASKED)
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("AccessDeniedException", "AWS denied access to log group ingest's group: you need {} on it."),
        ("ResourceNotFoundException", "Log group ingest's group not found, so events cannot be reconciled."),
    ],
)
def test_a_log_without_access_is_named_with_the_missing_right(operation: str, code: str, sentence: str) -> None:
    """The error is one sentence."""
    logs = Aws.local("http://127.0.0.1:9", "us-east-1").logs
    right = {"filter_log_events": "logs:FilterLogEvents", "describe_log_groups": "logs:DescribeLogGroups"}[operation]
    with Stubber(logs) as stub:
        stub.add_client_error(operation, code, "no")
        with pytest.raises(FailedError) as raised:
            ASKED[operation](Logs(logs, silent))
    assert str(raised.value).startswith(sentence.format(right))


def test_other_errors_are_not_taken_for_missing_rights() -> None:
    """They are raised unchanged."""
    logs = Aws.local("http://127.0.0.1:9", "us-east-1").logs
    with Stubber(logs) as stub:
        stub.add_client_error("filter_log_events", "InvalidParameterException", "no")
        with pytest.raises(ClientError, match="InvalidParameterException"):
            list(Logs(logs, silent).of_processor(NOBODY, 0, 9))
