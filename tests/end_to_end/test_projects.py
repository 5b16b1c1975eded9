"""A stack follows the files of its project: what they add is created, what they lose is removed by name only."""

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.cli.signals import Interrupts
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import CHECKOUT, ROOT, eventually
from tests.end_to_end.test_deploy import SHORT, Deployed, loan
from tests.scripts.command import run

pytestmark = pytest.mark.full  # several deployments

ONE_TOPIC = """
topics: [returns]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: returns, when: {event: {value: [LOAN_RETURNED]}}, deliver: [{topic: returns}]}
"""
TWO_TOPICS = """
topics: [returns, loans]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: returns, when: {event: {value: [LOAN_RETURNED]}}, deliver: [{topic: returns}]}
  - {name: loans, when: {action: [LOAN]}, deliver: [{topic: loans}]}
"""
EXPORT = """
state_machines: {export: {definition: export.asl.yaml, policy: export.policy.json}}
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: loans, when: {action: [LOAN]}, deliver: [{state_machine: export, input: {loan: "{{ number }}"}}]}
"""
NO_EXPORT = """
topics: [loans]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: loans, when: {action: [LOAN]}, deliver: [{topic: loans}]}
"""
DEFINITION = """
StartAt: Done
States:
  Done: {Type: Pass, Result: "${StackName} in ${Stage}", ResultPath: "$.where", End: true}
"""
RIGHT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:${Partition}:s3:::exports-${Stage}/*"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Start an emulator for the stacks of this module, and return its URL."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        yield started.endpoint_url


@pytest.fixture
def planned(address: str, tmp_path: Path) -> Iterator[Deployed]:
    """Return a stack of a project with one topic that is not deployed yet."""
    found = Deployed.planned(address, ProjectFolder.create(tmp_path / "project", ONE_TOPIC, parameters=SHORT))
    yield found
    found.delete()


def in_folder(deployed: Deployed, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run `alma-webhooks …` with this current folder and without any variable that names a project."""
    where = ("--stage", "dev", "--stack", deployed.name, "--endpoint-url", deployed.endpoint_url)
    return subprocess.run(  # noqa: S603 -- our own interpreter and code
        [*CHECKOUT, *words, *where],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(deployed.project.path.parent)},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def arrivals(deployed: Deployed, number: int) -> list[str]:
    """Post a returned loan, and return the topics that got it, once it was delivered."""
    with deployed.watched() as seen:
        receipt_id = deployed.accepted(loan(number))
        assert deployed.outcome(receipt_id) == "delivered"
        while seen.receive(1):
            pass
        return sorted(one.topic for one in seen.sightings if one.receipt_id == receipt_id)


def rejected(deployed: Deployed, *arguments: str) -> str:
    """Deploy with --yes, require a rejection that changes nothing, and return its message."""
    before = stacks.describe(deployed.aws, deployed.name)
    completed = deployed.command("deploy", "--yes", *arguments)
    assert (completed.returncode, completed.stdout) == (3, ""), completed.stderr
    assert stacks.describe(deployed.aws, deployed.name) == before
    return str(completed.stderr)


def dry_run(deployed: Deployed) -> tuple[int, str]:
    """Return the exit code and the messages of a dry run."""
    completed = deployed.command("deploy", "--dry-run", "--exit-code")
    return completed.returncode, completed.stderr


def test_topics_follow_the_folder_at_every_deployment(planned: Deployed) -> None:
    """A topic added to routes.yaml gets events after a second deployment, and is removed by name only."""
    folder = planned.project.path
    assert not folder.is_relative_to(ROOT)
    first = in_folder(planned, folder, "deploy", "--yes")
    assert first.returncode == 0, first.stderr
    assert arrivals(planned, 1) == ["returns"]

    planned.project.routes = TWO_TOPICS
    second = in_folder(planned, folder / "state-machines", "deploy", "--yes")
    assert second.returncode == 0, second.stderr
    assert planned.outputs["Topics"] == "returns,loans"
    assert arrivals(planned, 2) == ["loans", "returns"]

    planned.project.routes = ONE_TOPIC
    sentence = rejected(planned)
    assert "removes topic loans" in sentence
    assert "add --allow-removal topic:loans --allow-removal route:loans." in sentence
    planned.changed("--allow-removal=topic:loans", "--allow-removal=route:loans")
    assert planned.outputs["Topics"] == "returns"
    arns = [topic["TopicArn"] for topic in planned.aws.sns.list_topics()["Topics"]]
    assert f"{planned.outputs['TopicArnPrefix']}loans" not in arns
    assert arrivals(planned, 3) == ["returns"]


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_without_a_project_nothing_is_deployed(planned: Deployed, command: str, tmp_path: Path) -> None:
    """Without a project, `deploy` and `destroy` exit with code 2 and say how to name or create one."""
    empty = tmp_path / "empty"
    empty.mkdir()
    completed = in_folder(planned, empty, command, "--yes")
    assert (completed.returncode, completed.stdout) == (2, "")
    assert completed.stderr.startswith("alma-webhooks: No project found: ")
    assert "pass --project FOLDER (or set ALMA_WEBHOOKS_PROJECT)" in completed.stderr
    assert stacks.describe(planned.aws, planned.name) is None


def test_the_stack_of_another_project_is_taken_over_by_name_only(planned: Deployed, tmp_path: Path) -> None:
    """Another project is rejected until --take-over names the project of the stack, which is then rejected itself."""
    planned.changed()
    other = planned._replace(
        project=ProjectFolder.create(tmp_path / "other", ONE_TOPIC, parameters=SHORT, name="other")
    )
    assert "belongs to the project library of alma-webhooks, not to other" in rejected(other)
    assert "pass --take-over library to make it a stack of this project" in rejected(other, "--take-over=somebody")
    destroyed = other.command("destroy", "--yes")
    assert (destroyed.returncode, "belongs to the project library" in destroyed.stderr) == (3, True)
    buckets = {each["Name"] for each in other.aws.s3.list_buckets()["Buckets"]}
    # The emulator takes every change of a bucket, such as that of its tags, for a possible replacement.
    other.changed("--take-over=library", "--abandon-data")
    assert {each["Name"] for each in other.aws.s3.list_buckets()["Buckets"]} == buckets
    assert other.changed() == []
    assert json.loads(other.outputs["Mark"])["project"] == "other"
    assert "belongs to the project other" in rejected(planned)
    observed = stacks.outputs_of(stacks.describe(other.aws, f"{other.name}-observability"))
    assert json.loads(observed["Mark"])["project"] == "other"


def test_a_dry_run_shows_every_difference_and_exits_by_its_kind(planned: Deployed) -> None:
    """A dry run changes nothing and exits with 0 for no change, 4 for changes and 5 for changes with removals."""
    assert dry_run(planned)[0] == 4
    assert stacks.describe(planned.aws, planned.name) is None
    planned.changed()
    assert dry_run(planned)[0] == 0

    planned.project.routes = TWO_TOPICS.replace("[LOAN_RETURNED]", "[LOAN_RETURNED, LOAN_LOST]")
    code, shown = dry_run(planned)
    assert code == 4
    assert "add     topic loans" in shown
    assert "add     route loans" in shown
    assert "update  route returns: when" in shown
    assert planned.outputs["Topics"] == "returns"
    planned.changed()
    assert dry_run(planned)[0] == 0

    planned.project.routes = ONE_TOPIC
    code, shown = dry_run(planned)
    assert code == 5
    assert "REMOVE  topic loans" in shown
    assert "NARROW  route returns: when.event.value no longer accepts LOAN_LOST" in shown
    assert planned.outputs["Topics"] == "returns,loans"
    *_, command = planned.command("deploy", "--dry-run").stdout.split("to apply it: alma-webhooks ")
    applied = run(*shlex.split(command), "--yes", environment=planned.project.environment)
    assert applied.returncode == 0, applied.stderr
    assert planned.outputs["Topics"] == "returns"


def test_a_parameter_of_a_flag_is_reverted_by_the_next_deployment(planned: Deployed) -> None:
    """--parameter deviates from the file for one deployment, which says so; the next one reverts it."""
    planned.changed()
    completed = planned.command("deploy", "--yes", "--parameter=VisibilityTimeout=20")
    assert completed.returncode == 0, completed.stderr
    note = "(not in the file: the next deployment reverts it)"
    assert f"update  parameter VisibilityTimeout: 16 → 20 {note}" in completed.stderr
    assert "update  parameter VisibilityTimeout: 20 → 16\n" in planned.command("deploy", "--yes").stderr
    names: Any = ["VisibilityTimeout"]
    queue = planned.outputs["QueueUrl"]
    found = planned.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert found == {"VisibilityTimeout": "16"}


def test_a_state_machine_is_created_started_and_removed_by_name(planned: Deployed) -> None:
    """A declared state machine gets its definition and rights, is started by its route, and is removed by name only."""
    folder = planned.project.path
    (folder / "export.asl.yaml").write_text(DEFINITION, "utf-8")
    (folder / "export.policy.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [RIGHT]}), "utf-8")
    planned.project.routes = EXPORT
    planned.changed()
    arn = stacks.read(planned.aws, planned.name).state_machines["export"]
    assert arn.endswith(f":stateMachine:{planned.name}-export")
    assert planned.outcome(planned.accepted(loan(7))) == "delivered"
    assert output_of_execution(planned, arn) == {"loan": "7", "where": f"{planned.name} in dev"}
    assert rights_of(planned, arn) == {**RIGHT, "Resource": "arn:aws:s3:::exports-dev/*"}

    planned.project.routes = NO_EXPORT
    sentence = rejected(planned)
    assert "state machine export: events no longer start it" in sentence
    assert "--allow-removal export" in sentence
    planned.changed("--allow-removal=export", "--allow-removal=loans")
    machines = [each["stateMachineArn"] for each in planned.aws.states.list_state_machines()["stateMachines"]]
    assert arn not in machines
    assert arrivals(planned, 8) == ["loans"]


def output_of_execution(deployed: Deployed, arn: str) -> Any:
    """Wait until the only execution of a state machine has succeeded, and return its output."""

    def ended() -> Any:
        [execution] = deployed.aws.states.list_executions(stateMachineArn=arn)["executions"]
        found = deployed.aws.states.describe_execution(executionArn=execution["executionArn"])
        return found if found["status"] == "SUCCEEDED" else None

    return json.loads(eventually(ended)["output"])


def rights_of(deployed: Deployed, arn: str) -> Any:
    """Return the only statement of the policy of a state machine's role."""
    role = deployed.aws.states.describe_state_machine(stateMachineArn=arn)["roleArn"].rpartition("/")[2]
    iam = deployed.aws.session.client("iam", endpoint_url=deployed.endpoint_url, region_name=emulator.REGION)
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    [statement] = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
    return statement
