"""Executions on the emulator: one that failed is listed with its event; redriving is what the emulator cannot do."""

import json
from typing import Any

import pytest

from tests.end_to_end.running import eventually
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_events import MARKERS, fresh
from tests.samples import body_of


def executions(stack: Stack, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and answer of `alma-webhooks executions …`."""
    done = stack.command("executions", *arguments, "--output=json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def without_an_id(stage: str) -> bytes:
    """A bursar export's end that tells no job's id: the state machine refuses such an input."""
    job = json.loads(fresh(body_of("job-end-bursar")))
    job["job_instance"]["id"] = ""
    job["job_instance"]["name"] = f"Export to bursar using profile BURSAR EXPORT to {MARKERS[stage]['marker']}"
    return json.dumps(job).encode()


def failed(stack: Stack) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outcome of such an event, and its execution as it is listed."""
    outcome = stack.outcome(stack.accepted(without_an_id(stack.scope.stage)))
    assert outcome["outcome"] == "delivered"
    arn = outcome["deliveries"][0]["execution"]

    def listed() -> dict[str, Any] | None:
        _, data = executions(stack, "list", "--state-machine=bursar", "--since=10m", "--show-cause")
        return next((each for each in data["executions"] if each["arn"] == arn), None)

    return outcome, eventually(listed, seconds=60)


def test_an_execution_that_failed_is_listed_with_its_event(stack: Stack) -> None:
    """By the receipt id that Alma got. The event itself was delivered: it is no dead letter."""
    outcome, found = failed(stack)
    assert found["event"] == {
        "receipt_id": outcome["receipt_id"],
        "action": "JOB_END",
        "event": outcome["event"],
        "route": "bursar",
    }
    assert (found["status"], found["error"], found["redrives"]) == ("FAILED", "IncompleteInput", 0)
    assert found["cause"] == "The input has no job_id, or an empty one."
    timed_out = executions(stack, "list", "--state-machine=bursar", "--status=timed_out", "--since=10m")[1][
        "executions"
    ]
    assert found["arn"] not in [each["arn"] for each in timed_out]


@pytest.mark.usefixtures("running")
def test_what_failed_is_planned_to_be_redriven_and_is_not_here(stack: Stack) -> None:
    """The emulator does not know how, and that is said; AWS would begin it."""
    _, found = failed(stack)
    arn = found["arn"]
    code, plan = executions(stack, "redrive", found["name"])
    assert (code, [each["arn"] for each in plan["to_redrive"]]) == (0, [arn])
    done = stack.command("executions", "redrive", arn, "--yes")
    assert (done.returncode, done.stdout) == (1, "0 redriven, 1 not begun\n")
    assert done.stderr.startswith("account 000000000000, region us-east-1, stage dev, stack alma-webhooks-dev\n")
    assert done.stderr.splitlines()[-1].startswith("alma-webhooks: The endpoint does not support RedriveExecution")
    assert stack.execution(arn)["status"] == "FAILED"
    assert stack.command("executions", "redrive", "--yes").returncode == 2
