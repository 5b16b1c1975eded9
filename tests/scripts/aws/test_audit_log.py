"""What operators' commands changed is written down where it can be found, before too much of it could be forgotten."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.audit_log import Audit, FileSink, LogGroupSink
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import FailedError

NOON = 1_795_521_600.0  # 2026-11-24T12:00:00Z
GROUP = "/alma-webhooks/alma-webhooks-dev/audit"
FACTS = {"command": "discard", "who": "arn:aws:iam::123456789012:user/anna"}


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_line_says_what_was_done_by_whom(tmp_path: Path) -> None:
    """When, to which dead letter; a file of the operator's own, appended to."""
    path = tmp_path / "audit.jsonl"
    for receipt_id in ("r1", "r2"):
        audit = Audit([FileSink(path)], FACTS, lambda: NOON)
        audit.record("discarded", receipt_id=receipt_id, result="deleted")
        audit.flush()
    assert lines_of(path) == [
        {"time": "2026-11-24T12:00:00.000Z", "message": "discarded", "receipt_id": receipt_id, "result": "deleted"}
        | FACTS
        for receipt_id in ("r1", "r2")
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_ten_lines_are_written(tmp_path: Path) -> None:
    """So much at most is not in the audit when the command is killed."""
    path = tmp_path / "audit.jsonl"
    audit = Audit([FileSink(path)], FACTS, lambda: NOON)
    for number in range(25):
        audit.record("sent", receipt_id=f"r{number}")
    assert len(lines_of(path)) == 20
    audit.flush()
    assert [line["receipt_id"] for line in lines_of(path)] == [f"r{number}" for number in range(25)]


def test_a_log_group_gets_one_stream_a_run(aws: Aws) -> None:
    """In the order of time, though a clock stepped back, for AWS takes no other."""
    aws.logs.create_log_group(logGroupName=GROUP)
    ticks = iter([2.0, 1.0, 3.0])
    now = 1_000_000.0
    audit = Audit([LogGroupSink(aws.logs, GROUP, "discard", NOON)], FACTS, lambda: now + next(ticks))
    for number in range(3):
        audit.record("discarded", receipt_id=f"r{number}")
    with Stubber(aws.logs) as stub:
        stub.add_response("create_log_stream", {})
        stub.add_response("put_log_events", {})
        sent: list[dict[str, Any]] = []
        aws.logs.meta.events.register(
            "provide-client-params.cloudwatch-logs.PutLogEvents", lambda params, **_: sent.append(params)
        )
        audit.flush()
    assert [event["timestamp"] for event in sent[0]["logEvents"]] == [1_000_001_000, 1_000_002_000, 1_000_003_000]
    assert sent[0]["logStreamName"].startswith("discard-2026-11-24T120000.000Z-")


def test_two_runs_at_the_same_moment_have_two_streams(aws: Aws) -> None:
    """Neither meets the other's."""
    aws.logs.create_log_group(logGroupName=GROUP)
    for _ in range(2):
        audit = Audit([LogGroupSink(aws.logs, GROUP, "discard", NOON)], FACTS, lambda: NOON)
        for receipt_id in ("r1", "r2"):
            audit.record("discarded", receipt_id=receipt_id)
            audit.flush()
    assert len(aws.logs.describe_log_streams(logGroupName=GROUP)["logStreams"]) == 2


def test_what_cannot_be_kept_is_said(aws: Aws, tmp_path: Path) -> None:
    """The error names the missing log group or folder, and the reason."""
    audit = Audit([LogGroupSink(aws.logs, GROUP, "discard", NOON)], FACTS, lambda: NOON)
    audit.record("began")
    with pytest.raises(
        FailedError, match=f"Cannot write the audit log to the log group {GROUP}: AWS returned ResourceNotFound"
    ):
        audit.flush()
    missing = tmp_path / "nowhere" / "audit.jsonl"
    audit = Audit([FileSink(missing)], FACTS, lambda: NOON)
    audit.record("began")
    with pytest.raises(
        FailedError, match=f"Cannot write the audit log to the file {missing}: No such file or directory"
    ):
        audit.flush()


def test_lines_that_aws_drops_for_their_time_are_not_kept(aws: Aws) -> None:
    """AWS reports dropped lines in a successful answer."""
    with Stubber(aws.logs) as stub:
        stub.add_response("create_log_stream", {})
        stub.add_response("put_log_events", {"rejectedLogEventsInfo": {"tooOldLogEventEndIndex": 1}})
        audit = Audit([LogGroupSink(aws.logs, GROUP, "discard", NOON)], FACTS, lambda: NOON)
        audit.record("began")
        with pytest.raises(FailedError, match="rejected the time of its lines"):
            audit.flush()


def test_what_was_not_kept_is_tried_again(tmp_path: Path) -> None:
    """The disk was full for a moment."""
    folder = tmp_path / "folder"
    audit = Audit([FileSink(folder / "audit.jsonl")], FACTS, lambda: NOON)
    audit.record("sent", receipt_id="r1")
    with pytest.raises(FailedError):
        audit.flush()
    folder.mkdir()
    audit.record("sent", receipt_id="r2")
    audit.flush()
    assert [line["receipt_id"] for line in lines_of(folder / "audit.jsonl")] == ["r1", "r2"]


def test_a_filter_that_is_no_utf_8_is_kept_too(tmp_path: Path) -> None:
    """A terminal of another encoding gives half a pair of surrogates for what it cannot read."""
    path = tmp_path / "audit.jsonl"
    audit = Audit([FileSink(path)], FACTS, lambda: NOON)
    audit.record("began", filters={"where": "ü\udcff"})
    audit.flush()
    assert lines_of(path)[0]["filters"] == {"where": "ü\udcff"}


def test_a_stream_that_was_made_though_the_answer_was_lost_is_used(aws: Aws) -> None:
    """The SDK repeats the call, and AWS answers that the stream exists."""
    aws.logs.create_log_group(logGroupName=GROUP)
    audit = Audit([LogGroupSink(aws.logs, GROUP, "discard", NOON)], FACTS, lambda: NOON)
    audit.record("began")
    with Stubber(aws.logs) as stub:
        stub.add_client_error("create_log_stream", "ResourceAlreadyExistsException")
        stub.add_response("put_log_events", {})
        audit.flush()


def test_long_texts_are_cut(tmp_path: Path) -> None:
    """A line has its limits, and a filter can be of any length."""
    path = tmp_path / "audit.jsonl"
    audit = Audit([FileSink(path)], FACTS, lambda: NOON)
    audit.record("began", filters={"where": "x" * 5000, "ids": 3}, reason="y" * 5000)
    audit.flush()
    [line] = lines_of(path)
    assert line["filters"] == {"where": "x" * 1024, "ids": 3}
    assert line["reason"] == "y" * 1024
