"""The reconciliation of a real run: every accepted event with its outcome, and one that is missing named."""

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
    """A stack whose events are all ours, for what is counted to the unit, and for a line that nobody should believe."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run, watched(run) as stack:
        yield stack


def reconcile(stack: Stack, *more: str, since: str = "10m") -> tuple[int, dict[str, Any]]:
    """Exit code and answer of `alma-webhooks reconcile`."""
    done = stack.command("reconcile", f"--since={since}", "--output=json", *more)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def of_each_kind(stack: Stack) -> dict[str, str]:
    """Events of each kind, sent, with the outcomes that they have."""
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


def test_what_was_accepted_has_its_place_in_the_reconciliation(stack: Stack) -> None:
    """Whatever others send meanwhile: of each outcome at least as many, and none of ours is missing."""
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    sent = of_each_kind(stack)
    assert stack.send(b"{}", signed="d3Jvbmc=").status == 401
    _, data = reconcile(stack, f"--alma-profile={stack.facts['profile']}", since=since)
    outcomes = list(sent.values())
    found = data["profiles"][stack.facts["profile"]]
    assert {name: found[name] >= outcomes.count(name) for name in outcomes} == dict.fromkeys(outcomes, True)
    assert not sent.keys() & {each["receipt_id"] for each in data["missing"]}
    assert data["rejected"]["wrong-signature"] >= 1


def test_what_was_accepted_is_what_came_of_it(alone: Stack) -> None:
    """So many of each outcome, nothing missing: exit 0."""
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


def test_one_whose_outcome_line_is_withheld_is_named(alone: Stack) -> None:
    """Its receipt id, in both forms, and nobody else's; exit 1."""
    line = {"message": "accepted", "profile": "alma", "receipt_id": WITHHELD}
    event: Any = {"timestamp": int((time.time() - 300) * 1000), "message": json.dumps(line)}
    group = f"/aws/lambda/{alone.facts['stack']}-ingest"
    alone.aws.logs.create_log_stream(logGroupName=group, logStreamName="withheld")
    try:
        alone.aws.logs.put_log_events(logGroupName=group, logStreamName="withheld", logEvents=[event])
        eventually(lambda: not alone.queued(), seconds=60)  # nothing on it that this could be
        code, data = reconcile(alone)
        assert (code, data["reconciled"]) == (1, False)
        [missing] = data["missing"]
        assert (missing["receipt_id"], missing["profile"]) == (WITHHELD, "alma")
        assert data["all"]["missing"] == 1
        told = alone.command("reconcile", "--since=10m")
        assert told.returncode == 1
        assert f"missing: receipt {WITHHELD}, alma, received 20" in told.stdout
        assert told.stdout.endswith("\n1 missing\n")
    finally:
        alone.aws.logs.delete_log_stream(logGroupName=group, logStreamName="withheld")


def test_a_stack_that_is_not_there_has_no_reconciliation(alone: Stack) -> None:
    """A matter of the options: exit 2."""
    endpoint = f"--endpoint-url={alone.facts['endpoint_url']}"
    assert run("reconcile", "--since=10m", endpoint, "--stack=no-such-stack").returncode == 2
