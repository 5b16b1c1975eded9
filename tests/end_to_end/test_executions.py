"""Executions on the local engine: one that failed is listed with its event; redriving is what the engine cannot do."""

import json
from typing import Any

from tests.end_to_end.conftest import Stack
from tests.end_to_end.running import eventually
from tests.end_to_end.test_events import fresh
from tests.samples import body_of
from tests.scripts.command import run


def executions(stack: Stack, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and answer of `alma-webhooks executions …`."""
    done = run("executions", *arguments, "--output=json", f"--endpoint-url={stack.facts['endpoint_url']}")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def without_an_id() -> bytes:
    """A bursar export's end that tells no job's id: the workflow refuses such an input."""
    job = json.loads(fresh(body_of("job-end-bursar")))
    job["job_instance"]["id"] = ""
    return json.dumps(job).encode()


def test_an_execution_that_failed_is_listed_with_its_event_and_not_redriven_here(stack: Stack) -> None:
    """By the receipt id that Alma got. The event itself was delivered: it is no dead letter."""
    receipt_id = stack.accepted(without_an_id())
    outcome = stack.outcome(receipt_id)
    assert outcome["outcome"] == "delivered"
    arn = outcome["deliveries"][0]["execution"]

    def listed() -> dict[str, Any] | None:
        _, data = executions(stack, "list", "--workflow=bursar", "--since=10m", "--show-cause")
        return next((each for each in data["executions"] if each["arn"] == arn), None)

    found = eventually(listed, seconds=60)
    assert found["event"] == {
        "receipt_id": receipt_id,
        "action": "JOB_END",
        "event": outcome["event"],
        "route": "bursar",
    }
    assert (found["status"], found["error"], found["redrives"]) == ("FAILED", "IncompleteInput", 0)
    assert found["cause"] == "The input has no job_id, or an empty one."
    assert executions(stack, "list", "--workflow=pod", "--status=timed_out")[1]["executions"] == []

    code, plan = executions(stack, "redrive", found["name"])
    assert (code, [each["arn"] for each in plan["to_redrive"]]) == (0, [arn])
    url = f"--endpoint-url={stack.facts['endpoint_url']}"
    done = run("executions", "redrive", arn, "--yes", url)
    assert (done.returncode, done.stdout) == (1, "0 redriven, 0 failed, 0 refused, 1 not begun\n")
    assert done.stderr.startswith("account 000000000000, region us-east-1, stage dev, stack alma-webhooks-dev\n")
    assert done.stderr.splitlines()[-1].startswith("alma-webhooks: What answers here does not know RedriveExecution")
    assert stack.aws.states.describe_execution(executionArn=arn)["status"] == "FAILED"
    assert run("executions", "redrive", "--yes", url).returncode == 2
