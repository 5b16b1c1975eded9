"""The reconciliation of a run: every accepted event has its outcome, and a missing one is named."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_events import fresh, pod
from tests.samples import body_of
from tests.scripts.command import run

WITHHELD = "0123456789abcdef0123456789abcdef"  # pragma: allowlist secret -- a receipt id


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a run for this module, for exact counts and for a false log line."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run, watched(run) as stack:
        yield stack


def reconcile(stack: Stack, *more: str, since: str = "10m") -> tuple[int, dict[str, Any]]:
    """Return exit code and JSON output of `alma-webhooks reconcile`."""
    completed = stack.command("reconcile", f"--since={since}", "--output=json", *more)
    assert completed.stdout, completed.stderr
    return completed.returncode, json.loads(completed.stdout)


def of_each_kind(stack: Stack) -> dict[str, str]:
    """Send events of each kind, and return their outcomes by receipt id."""
    job = pod(stack.scope.stage)
    sent = {
        stack.accepted(fresh(body_of("loan-created"))): "delivered",
        stack.accepted(body_of("job-end-other")): "ignored",
        stack.accepted(job): "delivered",
        stack.accepted(b"no event"): "dead",
    }
    assert {receipt_id: stack.outcome(receipt_id)["outcome"] for receipt_id in sent} == sent
    again = stack.accepted(job)
    assert stack.outcome(again)["outcome"] == "duplicate"
    return {**sent, again: "duplicate"}


def test_every_accepted_event_is_in_the_reconciliation(stack: Stack) -> None:
    """The reconciliation counts at least our events of each outcome and misses none of them, on a shared stack."""
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    sent = of_each_kind(stack)
    assert stack.send(b"{}", signed="d3Jvbmc=").status == 401
    _, data = reconcile(stack, f"--alma-profile={stack.facts['profile']}", since=since)
    outcomes = list(sent.values())
    found = data["profiles"][stack.facts["profile"]]
    assert {name: found[name] >= outcomes.count(name) for name in outcomes} == dict.fromkeys(outcomes, True)
    assert not sent.keys() & {each["receipt_id"] for each in data["missing"]}
    assert data["rejected"]["wrong-signature"] >= 1


def test_accepted_events_equal_their_outcomes(alone: Stack) -> None:
    """The reconciliation counts each outcome exactly and exits with code 0 if no event is missing."""
    of_each_kind(alone)
    assert alone.send(b"{}", signed="d3Jvbmc=").status == 401
    code, data = reconcile(alone)
    assert (code, data["reconciled"], data["missing"]) == (0, True, [])
    outcomes = {name: data["all"][name] for name in ("delivered", "ignored", "duplicate", "dead", "accepted")}
    assert outcomes == {"delivered": 2, "ignored": 1, "duplicate": 1, "dead": 1, "accepted": 5}
    assert data["profiles"].keys() == {"heartbeat", "alma"}
    assert data["profiles"]["alma"] == data["all"]
    assert data["profiles"]["heartbeat"]["accepted"] == 0  # no heartbeat was sent
    assert data["rejected"]["wrong-signature"] == 1


def test_an_event_without_an_outcome_line_is_named(alone: Stack) -> None:
    """The reconciliation names the receipt id of an event without an outcome, and exits with code 1."""
    line = {"message": "accepted", "profile": "alma", "receipt_id": WITHHELD}
    event: Any = {"timestamp": int((time.time() - 300) * 1000), "message": json.dumps(line)}
    group = f"/aws/lambda/{alone.facts['stack']}-ingest"
    alone.aws.logs.create_log_stream(logGroupName=group, logStreamName="withheld")
    try:
        alone.aws.logs.put_log_events(logGroupName=group, logStreamName="withheld", logEvents=[event])
        eventually(lambda: not alone.queued(), seconds=60)  # so that the event cannot be in flight
        code, data = reconcile(alone)
        assert (code, data["reconciled"]) == (1, False)
        [missing] = data["missing"]
        assert (missing["receipt_id"], missing["profile"]) == (WITHHELD, "alma")
        assert data["all"]["missing"] == 1
        completed = alone.command("reconcile", "--since=10m")
        assert completed.returncode == 1
        assert f"missing: receipt {WITHHELD}, alma, received 20" in completed.stdout
        assert completed.stdout.endswith("\n1 missing\n")
    finally:
        alone.aws.logs.delete_log_stream(logGroupName=group, logStreamName="withheld")


def test_a_missing_stack_is_rejected(alone: Stack) -> None:
    """The command exits with code 2 if the stack does not exist."""
    endpoint = f"--endpoint-url={alone.facts['endpoint_url']}"
    assert run("reconcile", "--since=10m", endpoint, "--stack=no-such-stack").returncode == 2
