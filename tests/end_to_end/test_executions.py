"""Executions on the emulator: a failed one is listed with its event; the emulator does not support redriving."""

import json
from typing import Any

import pytest

from tests.end_to_end.addresses import is_scope_line
from tests.end_to_end.running import eventually
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_events import MARKERS, fresh
from tests.samples import body_of


def executions(stack: Stack, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Return exit code and JSON output of `alma-webhooks executions …`."""
    completed = stack.command("executions", *arguments, "--output=json")
    assert completed.stdout, completed.stderr
    return completed.returncode, json.loads(completed.stdout)


def without_an_id(stage: str) -> bytes:
    """Return the end of a bursar export without a job id, an input that the state machine rejects."""
    job = json.loads(fresh(body_of("job-end-bursar")))
    job["job_instance"]["id"] = ""
    job["job_instance"]["name"] = f"Export to bursar using profile BURSAR EXPORT to {MARKERS[stage]['marker']}"
    return json.dumps(job).encode()


def failed(stack: Stack) -> tuple[dict[str, Any], dict[str, Any]]:
    """Post such an event, and return its outcome and its listed execution."""
    outcome = stack.outcome(stack.accepted(without_an_id(stack.scope.stage)))
    assert outcome["outcome"] == "delivered"
    arn = outcome["deliveries"][0]["execution"]

    def listed() -> dict[str, Any] | None:
        _, data = executions(stack, "list", "--state-machine=bursar", "--since=10m", "--show-cause")
        return next((each for each in data["executions"] if each["arn"] == arn), None)

    return outcome, eventually(listed, seconds=60)


def test_a_failed_execution_is_listed_with_its_event(stack: Stack) -> None:
    """A failed execution is listed with the receipt id of its event, which was delivered."""
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
def test_a_failed_execution_is_planned_for_redrive_but_not_redriven_by_the_emulator(stack: Stack) -> None:
    """The dry run lists a failed execution; the redrive itself fails with a message, because the emulator lacks it."""
    _, found = failed(stack)
    arn = found["arn"]
    code, plan = executions(stack, "redrive", found["name"])
    assert (code, [each["arn"] for each in plan["to_redrive"]]) == (0, [arn])
    completed = stack.command("executions", "redrive", arn, "--yes")
    assert (completed.returncode, completed.stdout) == (1, "0 redriven, 1 not begun\n")
    first, *_, last = completed.stderr.splitlines(keepends=True)
    assert is_scope_line(first, stack.scope.stack.name)
    assert last.startswith("alma-webhooks: The endpoint does not support RedriveExecution")
    assert stack.execution(arn)["status"] == "FAILED"
    assert stack.command("executions", "redrive", "--yes").returncode == 2
