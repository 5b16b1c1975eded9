"""The balance of a real run: every accepted event with its outcome, and one that is missing named."""

import json
import time
from typing import Any

from tests.end_to_end.conftest import Stack
from tests.end_to_end.running import eventually
from tests.end_to_end.test_events import pod
from tests.samples import body_of
from tests.scripts.command import run

WITHHELD = "0123456789abcdef0123456789abcdef"  # pragma: allowlist secret -- a receipt id


def balance(stack: Stack, *more: str) -> tuple[int, dict[str, Any]]:
    """Exit code and answer of `alma-webhooks balance`."""
    done = run("balance", "--since=10m", "--output=json", f"--endpoint-url={stack.facts['endpoint_url']}", *more)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_what_was_accepted_is_what_came_of_it(stack: Stack) -> None:
    """So many of each outcome more than before, nothing missing: exit 0."""
    eventually(lambda: not stack.queued(), seconds=60)  # another test's events are counted before
    _, before = balance(stack)
    job = pod()
    sent = {
        stack.accepted(body_of("loan-created").replace(b"{", b"{ ", 1)): "delivered",
        stack.accepted(body_of("job-end-other")): "ignored",
        stack.accepted(job): "delivered",
        stack.accepted(b"no event"): "dead",
    }
    assert {receipt_id: stack.outcome(receipt_id)["outcome"] for receipt_id in sent} == sent
    assert stack.outcome(stack.accepted(job))["outcome"] == "duplicate"
    assert stack.send(b"{}", signed="d3Jvbmc=").status == 401

    code, after = balance(stack)
    assert (code, after["balanced"], after["missing"]) == (0, True, [])
    more = {name: after["all"][name] - before["all"][name] for name in ("delivered", "ignored", "duplicate", "dead")}
    assert more == {"delivered": 2, "ignored": 1, "duplicate": 1, "dead": 1}
    assert after["all"]["accepted"] - before["all"]["accepted"] == 5
    assert after["profiles"] == {"alma": after["all"]}
    assert after["refused"]["wrong-signature"] >= 1


def test_one_whose_outcome_line_is_withheld_is_named(stack: Stack) -> None:
    """Its receipt id, in both forms, and nobody else's; exit 1."""
    line = {"message": "accepted", "profile": "alma", "receipt_id": WITHHELD}
    event: Any = {"timestamp": int((time.time() - 300) * 1000), "message": json.dumps(line)}
    group = f"/aws/lambda/{stack.facts['stack']}-ingest"
    stack.aws.logs.create_log_stream(logGroupName=group, logStreamName="withheld")
    try:
        stack.aws.logs.put_log_events(logGroupName=group, logStreamName="withheld", logEvents=[event])
        eventually(lambda: not stack.queued(), seconds=60)  # nothing on it that this could be
        code, data = balance(stack)
        assert (code, data["balanced"]) == (1, False)
        [missing] = data["missing"]
        assert (missing["receipt_id"], missing["profile"]) == (WITHHELD, "alma")
        assert data["all"]["missing"] == 1
        url = f"--endpoint-url={stack.facts['endpoint_url']}"
        told = run("balance", "--since=10m", url)
        assert told.returncode == 1
        assert f"missing: receipt {WITHHELD}, alma, received 20" in told.stdout
        assert told.stdout.endswith("\n1 missing\n")
        assert run("balance", "--since=10m", url, "--stack=no-such-stack").returncode == 2
    finally:
        stack.aws.logs.delete_log_stream(logGroupName=group, logStreamName="withheld")
