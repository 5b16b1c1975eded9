"""The commands `deploy` and `destroy` on the emulator: their changes, what they retain, and that no event is lost."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest

from ingest import heartbeat
from scripts.alma_client.client import post, signature
from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.aws.clients import Aws
from scripts.aws.template import load
from scripts.cli.signals import Interrupts
from scripts.deploy import change_sets, retained
from scripts.deploy.retained import Place
from scripts.local.observe import OutcomeLog, Subscriptions, subscribed
from tests.end_to_end.projects import NAME, ProjectFolder
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.running import eventually
from tests.samples import body_of
from tests.scripts.command import run

pytestmark = pytest.mark.full  # many deployments, each of some seconds

# Events of workers that an update ends return to the queue after this time.
SHORT = {"ProcessorTimeout": 15, "VisibilityTimeout": 16}

# The most events whose worker can end between delivery and record (guarantee 23): the concurrency of dev.
IN_FLIGHT = 5

ACCOUNT = "000000000000"  # the account of every emulator


class Deployed(NamedTuple):
    """A stack of one test on the emulator of the module."""

    name: str
    aws: Aws
    endpoint_url: str
    project: ProjectFolder

    @classmethod
    def planned(cls, address: str, project: ProjectFolder, name: str | None = None) -> Self:
        """Return a stack on the emulator at this address, with a new name, that is not deployed yet."""
        return cls(name or f"alma-{secrets.token_hex(4)}", Aws.local(address, emulator.REGION), address, project)

    @property
    def outputs(self) -> dict[str, str]:
        """The current outputs of the stack."""
        return stacks.read(self.aws, self.name).outputs

    def command(self, name: str, *arguments: str) -> Any:
        """Run a command such as `deploy` or `secret delete` for the project, without a terminal."""
        where = ("--stage", "dev", "--stack", self.name, "--endpoint-url", self.endpoint_url)
        return run(*name.split(), *where, *arguments, environment=self.project.environment)

    def changed(self, *arguments: str) -> list[dict[str, str]]:
        """Deploy, and return the changes."""
        completed = self.command("deploy", "--yes", "--output=json", *arguments)
        assert completed.returncode == 0, completed.stderr
        return [change for changed in json.loads(completed.stdout)["stacks"] for change in changed["changes"]]

    def accepted(self, body: bytes, profile: str = "alma") -> str:
        """Post a body, require acceptance, and return the receipt id."""
        url = emulator.Emulator(self.endpoint_url).webhook_url(self.outputs["ApiId"], profile)
        name = f"/alma-webhooks/dev/{profile}/secret"
        secret = self.aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        reply = as_alma(lambda: post(url, body, signed=signature(body, secret=secret)))
        assert reply.receipt_id, reply
        return reply.receipt_id

    def outcome(self, receipt_id: str) -> str:
        """Wait for the outcome of an event and return it."""
        log = OutcomeLog(self.aws, self.outputs["ProcessorLogGroupName"])

        def read() -> Any:
            log.insist()
            return log.outcomes.get(receipt_id)

        return str(eventually(read, seconds=60)["outcome"])

    def delete(self) -> None:
        """Delete both stacks, so that their functions stop."""
        for name in (f"{self.name}-observability", self.name):
            self.aws.cloudformation.delete_stack(StackName=name)

    @contextmanager
    def watched(self) -> Iterator[Subscriptions]:
        """Subscribe a queue to the topics of the stack."""
        with subscribed(self.aws, stacks.read(self.aws, self.name).topics, Interrupts()) as subscriptions:
            yield subscriptions


@pytest.fixture(scope="module")
def running_emulator() -> Iterator[emulator.Emulator]:
    """Start an emulator without a stack and without a secret."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        yield started


@pytest.fixture
def deployed(running_emulator: emulator.Emulator, tmp_path: Path) -> Iterator[Deployed]:
    """Deploy a stack and delete it at the end, so that its functions stop."""
    project = ProjectFolder.create(tmp_path / "project", parameters=SHORT)
    found = Deployed.planned(running_emulator.endpoint_url, project)
    found.changed()
    yield found
    found.delete()


def loan(number: int) -> bytes:
    """Return a returned loan that is a different event for each number."""
    sample = body_of("loan-returned")
    assert sample.count(b'"id":') >= 1
    return sample.replace(b'"action":', b'"number":%d,"action":' % number, 1)


def test_deploying_twice_changes_nothing(deployed: Deployed) -> None:
    """A second deployment reports that there is nothing to change, and tests the challenge again."""
    completed = deployed.command("deploy", "--yes")
    assert completed.returncode == 0, completed.stderr
    assert f"stack {deployed.name}: nothing to change" in completed.stderr
    assert "answers a challenge" in completed.stderr
    assert f"{deployed.outputs['ApiId']}/$default/webhooks/alma" in completed.stdout


def test_f52_an_update_with_events_in_flight_loses_none(deployed: Deployed) -> None:
    """Every event arrives during an update, and only events in flight can arrive twice."""
    deployed.project.routes += "# a different version\n"
    deployed.project.set_parameters(VisibilityTimeout=17)
    receipts = list[str]()
    is_updated = threading.Event()

    def send() -> None:
        while not is_updated.is_set() or len(receipts) < 40:
            receipts.append(deployed.accepted(loan(len(receipts))))

    with deployed.watched() as seen:
        sender = threading.Thread(target=send)
        sender.start()
        eventually(lambda: len(receipts) >= 5)
        try:
            changes = deployed.changed()
        finally:
            is_updated.set()
            sender.join()
        assert {("change", "ProcessorFunction"), ("change", "WebhookQueue")} <= {
            (change["action"], change["resource"]) for change in changes
        }

        def arrived() -> list[str]:
            seen.receive(1)
            return [one.receipt_id for one in seen.sightings if one.topic != heartbeat.PROFILE]

        eventually(lambda: set(arrived()) >= set(receipts), seconds=120)
        found = arrived()
        assert set(found) == set(receipts)
        assert len(found) - len(receipts) <= IN_FLIGHT


TO_A_STATE_MACHINE = """
state_machines:
  pod: {definition: state-machines/pod.asl.json}
  timdex: {definition: state-machines/timdex.asl.json}
  bursar: {definition: state-machines/bursar.asl.json}
stages: {dev: {}, stg: {}, prod: {}}
routes: [{name: all, fallback: true, deliver: [{state_machine: pod, input: {filename-prefix: x}}]}]
"""


def test_topics_are_changed_kept_and_removed(deployed: Deployed) -> None:
    """A change of topics changes only topics, the processor and alarms, and a stack without topics delivers events."""
    allowed = [f"--allow-removal=topic:{name}" for name in deployed.outputs["Topics"].split(",")]
    allowed += [f"--allow-removal=route:{name}" for name in deployed.project.route_names]
    deployed.project.routes = TO_A_STATE_MACHINE
    deployed.project.topics = ["a-new-one", "another"]
    before = resources(deployed)
    changes = {(change["action"], change["resource"]) for change in deployed.changed(*allowed)}
    assert ("add", "Topicanewone") in changes
    assert ("remove", "Topicloancreated") in changes
    assert ("change", "ProcessorFunction") in changes
    assert not {name for action, name in changes if action == "change"} - {"ProcessorFunction", "HeartbeatFunction"}
    now = resources(deployed)
    assert {name: now[name] for name in now.keys() & before} == {name: before[name] for name in now.keys() & before}
    assert deployed.changed() == []
    assert deployed.outputs["Topics"] == "a-new-one,another"
    deployed.project.topics = []
    deployed.changed("--allow-removal=a-new-one", "--allow-removal=another")
    assert "Topics" not in deployed.outputs or deployed.outputs["Topics"] == ""
    assert not [name for name in resources(deployed) if name.startswith("Topic")]
    assert deployed.outcome(deployed.accepted(loan(1))) == "delivered"
    assert deployed.changed() == []


def resources(deployed: Deployed) -> dict[str, str]:
    """Return the physical names of the resources of the stack by logical id."""
    pages = deployed.aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=deployed.name)
    return {
        one["LogicalResourceId"]: one["PhysicalResourceId"] for page in pages for one in page["StackResourceSummaries"]
    }


def test_ctrl_c_at_the_prompt_leaves_no_stack(running_emulator: emulator.Emulator) -> None:
    """Ctrl-C at the prompt deletes the change set of a new stack and the empty stack in review."""
    aws = Aws.local(running_emulator.endpoint_url, emulator.REGION)
    name, statuses = f"alma-{secrets.token_hex(4)}", list[str]()
    template = {"TemplateBody": json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})}
    change_set = change_sets.create(aws, change_sets.ChangeSetRequest(name, "CREATE", template, [], []))

    def ask() -> None:
        found = stacks.describe(aws, name)
        statuses.append(found["StackStatus"] if found else "")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), change_sets.discarding(aws, change_set):
        ask()
    assert statuses == ["REVIEW_IN_PROGRESS"]
    assert stacks.describe(aws, name) is None


def test_f52_destroy_is_rejected_while_events_wait(deployed: Deployed) -> None:
    """`destroy` exits with code 3 and names the queue if events wait, and keeps the stack."""
    deployed.aws.sqs.send_message(QueueUrl=deployed.outputs["DeadLetterQueueUrl"], MessageBody="{}")
    completed = deployed.command("destroy", "--yes")
    assert (completed.returncode, completed.stdout) == (3, "")
    assert "because the dead-letter queue holds about 1 event." in completed.stderr
    assert stacks.read(deployed.aws, deployed.name)


def test_f52_a_new_deployment_imports_the_retained_resources(deployed: Deployed) -> None:
    """A new deployment imports the retained resources, so an event delivered before is still a duplicate."""
    body = loan(1)
    assert deployed.outcome(deployed.accepted(body)) == "delivered"
    queue = deployed.outputs["QueueUrl"]
    completed = deployed.command("destroy", "--yes", "--output=json")
    assert completed.returncode == 0, completed.stderr
    kept = [each["name"] for each in json.loads(completed.stdout)["kept"]]
    assert {f"{deployed.name}-webhooks", f"{deployed.name}-dead-letters", f"{deployed.name}-deliveries"} < set(kept)
    assert stacks.describe(deployed.aws, deployed.name) is None
    assert deployed.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])

    deployed.project.set_parameters(VisibilityTimeout=18)
    changes = deployed.changed()
    imported = {change["resource"] for change in changes if change["action"] == "import"}
    kept_by_name = {
        "WebhookQueue",
        "DeadLetterQueue",
        "OverflowBucket",
        "DeliveriesTable",
        "LocksTable",
        "IssuesTable",
        "AuditLogGroup",
    }
    assert imported == kept_by_name
    assert deployed.outputs["QueueUrl"] == queue
    now = deployed.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert now == {"VisibilityTimeout": "18"}, "the queue is imported and updated to the template"
    found_again = retained.found(deployed.aws, load(), Place(deployed.name, ACCOUNT, emulator.REGION, NAME))
    assert {each["LogicalResourceId"] for each in found_again} == kept_by_name, "the tags of the mark were lost"
    assert deployed.outcome(deployed.accepted(body)) == "duplicate"
    assert deployed.changed() == []


def test_a_deployment_that_would_fail_is_rejected_first(deployed: Deployed) -> None:
    """`deploy` exits with code 2 and changes nothing if the routes use a topic that the stack does not have."""
    routes = deployed.project.routes
    deployed.project.topics = ["other"]
    completed = deployed.command("deploy", "--yes")
    assert (completed.returncode, completed.stdout) == (2, "")
    assert "the stack has no topic" in completed.stderr
    deployed.project.routes = routes
    assert deployed.changed() == []


FOREIGN = """
Parameters: {Stage: {Type: String, Default: dev}}
Resources:
  Setting: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: "1", Name: !Ref AWS::StackName}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref AWS::StackName}}
Outputs: {Setting: {Value: !Ref Setting}}
"""


@contextmanager
def foreign_stack(aws: Aws, name: str) -> Iterator[None]:
    """Create a stack of another team with this name, and check that it is unchanged at the end."""
    aws.cloudformation.create_stack(StackName=name, TemplateBody=FOREIGN)
    eventually(lambda: stacks.outputs_of(stacks.describe(aws, name)))
    try:
        yield
        assert aws.ssm.get_parameter(Name=name)["Parameter"]["Value"] == "1"
        topics = [topic["TopicArn"].rpartition(":")[2] for topic in aws.sns.list_topics()["Topics"]]
        assert name in topics
        resources = aws.cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
        assert {each["LogicalResourceId"] for each in resources} == {"Setting", "Topic"}
        assert aws.cloudformation.list_change_sets(StackName=name)["Summaries"] == []
    finally:
        aws.cloudformation.delete_stack(StackName=name)


def check_rejected(deployed: Deployed, sentence: str) -> None:
    """Check that both commands exit with code 3 and this message."""
    for command in ("deploy", "destroy"):
        completed = deployed.command(command, "--yes")
        assert (completed.returncode, completed.stdout, sentence in completed.stderr) == (3, "", True), completed.stderr


def test_f55_a_foreign_stack_is_neither_changed_nor_deleted(
    running_emulator: emulator.Emulator, tmp_path: Path
) -> None:
    """A stack without the mark is neither updated nor deleted."""
    name = f"other-{secrets.token_hex(4)}"
    found = Deployed.planned(running_emulator.endpoint_url, ProjectFolder.create(tmp_path), name)
    with foreign_stack(found.aws, found.name):
        check_rejected(found, f"Stack {found.name} does not carry the mark of alma-webhooks")
    assert stacks.describe(found.aws, f"{found.name}-observability") is None


def test_f55_an_observability_stack_is_rejected_as_a_pipeline(deployed: Deployed) -> None:
    """Commands reject the name of an observability stack with a message that names its pipeline stack."""
    other = deployed._replace(name=f"{deployed.name}-observability")
    check_rejected(other, f"Stack {other.name} is the observability stack of alma-webhooks")
    assert f"Name its pipeline stack: --stack {deployed.name}." in other.command("doctor").stderr
    assert deployed.changed() == []


def test_f55_a_foreign_observability_stack_protects_the_pipeline(deployed: Deployed) -> None:
    """The pipeline is not changed if the stack with the name of its observability stack belongs to somebody else."""
    name = f"{deployed.name}-observability"
    deployed.aws.cloudformation.delete_stack(StackName=name)
    eventually(lambda: stacks.describe(deployed.aws, name) is None)
    outputs = deployed.outputs
    with foreign_stack(deployed.aws, name):
        check_rejected(deployed, f"Stack {name} does not carry the mark of alma-webhooks")
        doctor = deployed.command("doctor")
        assert (doctor.returncode, f"Stack {name} does not carry the mark" in doctor.stderr) == (3, True), doctor.stderr
    assert deployed.outputs == outputs


def test_f55_a_foreign_queue_is_not_imported(running_emulator: emulator.Emulator, tmp_path: Path) -> None:
    """`deploy` exits with code 3 before it creates a stack if a queue with its name belongs to somebody else."""
    found = Deployed.planned(running_emulator.endpoint_url, ProjectFolder.create(tmp_path))
    found.aws.sqs.create_queue(QueueName=f"{found.name}-webhooks", tags={"owner": "others"})
    completed = found.command("deploy", "--yes")
    assert (completed.returncode, completed.stdout) == (3, "")
    assert f"The queue {found.name}-webhooks exists, but its tags do not say" in completed.stderr
    assert stacks.describe(found.aws, found.name) is None
