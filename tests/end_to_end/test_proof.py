"""The proof of a deployment on the emulator: successful, with a broken processor, and with events ahead."""

import json
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingest import heartbeat
from scripts.aws import emulator, ports
from scripts.cli.signals import Interrupts
from scripts.deploy.proof import Proof, Prover
from scripts.local.observe import OutcomeLog
from tests.end_to_end.paused import paused
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import SHORT, Deployed
from tests.scripts.command import run

pytestmark = pytest.mark.full  # deploys broken processors

# A fallback and a catch-all: both would deliver a heartbeat if they got one.
GREEDY = """
topics: [everything]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: everything, deliver: [{topic: everything}]}
  - {name: rest, fallback: true, deliver: [{topic: everything}]}
"""
NO_TOPIC = """
state_machines: {pod: {definition: state-machines/pod.asl.json}}
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: jobs, when: {action: [JOB_END]}, deliver: [{state_machine: pod, input: {filename-prefix: x}}]}
"""


@pytest.fixture(scope="module")
def running_emulator() -> Iterator[emulator.Emulator]:
    """Start an emulator for the stacks of this module."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        yield started


@pytest.fixture(scope="module")
def deployed(running_emulator: emulator.Emulator, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Deploy a stack whose routes match every event, which each test leaves unchanged."""
    project = ProjectFolder.create(tmp_path_factory.mktemp("greedy"), GREEDY, parameters=SHORT)
    found = Deployed.planned(running_emulator.endpoint_url, project)
    found.changed()
    return found


def proof_of(deployed: Deployed) -> dict[str, Any]:
    """Deploy, require success, and return the proof."""
    completed = deployed.command("deploy", "--yes", "--output=json")
    assert completed.returncode == 0, completed.stderr
    return dict(json.loads(completed.stdout)["proof"])


def log_of(deployed: Deployed) -> OutcomeLog:
    """Return the outcome log from now on."""
    return OutcomeLog(deployed.aws, deployed.outputs["ProcessorLogGroupName"], late_seconds=10)


def outcome_in(log: OutcomeLog, receipt_id: str) -> str:
    """Wait for the outcome of an event and return it."""

    def read() -> Any:
        log.insist()
        return log.outcomes.get(receipt_id)

    return str(eventually(read, seconds=60)["outcome"])


def dead_letters(deployed: Deployed) -> int:
    """Return the number of dead letters."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = deployed.outputs["DeadLetterQueueUrl"]
    attributes = deployed.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, attributes.values()))


def prover(deployed: Deployed, seconds: float) -> Prover:
    """Return a prover with a short timeout in seconds."""
    outputs = deployed.outputs
    url = emulator.Emulator(deployed.endpoint_url).webhook_url(outputs["ApiId"], heartbeat.PROFILE)

    def command(words: str) -> str:
        return f"alma-webhooks {words} --stage dev"

    return Prover(deployed.aws, "dev", outputs, url, command, lambda _: None, seconds=seconds)


@contextmanager
def broken_processor(deployed: Deployed) -> Iterator[None]:
    """Remove a variable of the processor, so that it cannot start, and make each failed event a dead letter at once."""
    functions, name = deployed.aws.functions, deployed.outputs["ProcessorFunctionName"]
    queue = deployed.outputs["QueueUrl"]
    policy = deployed.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]
    once = json.dumps({**json.loads(policy["RedrivePolicy"]), "maxReceiveCount": 1})
    deployed.aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": once})
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "DELIVERIES_TABLE": ""}}
    )
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        deployed.aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": policy["RedrivePolicy"]})


def test_f57_a_successful_deployment_is_proven_and_its_heartbeat_matches_no_other_route(
    deployed: Deployed,
) -> None:
    """A heartbeat is delivered only to its own topic; an equal event from Alma follows the routes."""
    with deployed.watched() as seen:
        proof = proof_of(deployed)
        posted = deployed.accepted(heartbeat.event_body(time.time()))

        def has_arrived() -> bool:
            seen.receive(1)
            return {one.receipt_id for one in seen.sightings} >= {proof["receipt_id"], posted}

        eventually(has_arrived, seconds=60)
        seen.receive(1)
    assert proof["state"] == "proven"
    by_receipt = {
        receipt: {one.topic for one in seen.sightings if one.receipt_id == receipt}
        for receipt in (proof["receipt_id"], posted)
    }
    assert by_receipt == {proof["receipt_id"]: {"heartbeat"}, posted: {"everything"}}


def test_f57_a_stack_without_topics_is_proven(running_emulator: emulator.Emulator, tmp_path: Path) -> None:
    """A deployment with an empty list of topics is proven, because the heartbeat has its own topic."""
    project = ProjectFolder.create(tmp_path, NO_TOPIC)
    proof = proof_of(Deployed.planned(running_emulator.endpoint_url, project))
    assert proof["state"] == "proven"


def test_f57_a_processor_that_cannot_start_fails_the_deployment(deployed: Deployed) -> None:
    """A deployment fails if its processor cannot start, although every challenge is answered.

    It prints the error and a command, which replays the dead letter of the broken processor.
    """
    with broken_processor(deployed):
        completed = deployed.command("deploy", "--yes")
        eventually(lambda: dead_letters(deployed) == 1, seconds=60)
    assert completed.returncode == 1, completed.stdout
    assert f"stack {deployed.name}: nothing to change" in completed.stderr
    assert "webhooks/alma answers a challenge" in completed.stderr
    assert "its heartbeat was not delivered: the processor fails: " in completed.stderr
    assert "Missing environment variables: DELIVERIES_TABLE. Fix that and deploy again" in completed.stderr
    assert "Nothing was rolled back." in completed.stderr
    assert proof_of(deployed)["state"] == "proven"
    [advice] = re.findall(r"Then replay [^:]*: alma-webhooks (.*)\. Nothing was rolled back", completed.stderr)
    [receipt_id] = re.findall(r"heartbeat ([0-9a-f]{32}) accepted", completed.stderr)
    log = log_of(deployed)
    assert run(*shlex.split(advice), "--yes").returncode == 0
    assert (outcome_in(log, receipt_id), dead_letters(deployed)) == ("delivered", 0)


def test_f57_events_ahead_are_counted_and_the_heartbeat_is_delivered_after_them(deployed: Deployed) -> None:
    """A proof is `accepted` if events wait ahead of the heartbeat, and has failed if none do."""
    with paused(deployed.aws, deployed.outputs["ProcessorFunctionName"]):
        alone = prover(deployed, 6).prove()
        behind = prover(deployed, 6).prove()
        log = log_of(deployed)
    assert (alone.state, alone.events_ahead) == ("failed", 0)
    assert "no outcome after 6 s" in alone.problem
    assert (behind.state, behind.events_ahead) == ("accepted", 1)
    assert outcome_in(log, behind.receipt_id) == "delivered"
    assert isinstance(behind, Proof)
    assert behind.follow == f"alma-webhooks trace {behind.receipt_id} --stage dev"
