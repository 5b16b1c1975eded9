"""The commands `deploy` and `destroy` on the emulator: what they change, what they leave, that no event is lost."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ingest import heartbeat
from scripts.alma_client.client import post, signature
from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.aws.clients import Aws
from scripts.aws.template import load
from scripts.cli.signals import Interrupts
from scripts.deploy import change_sets, removal_finder, retained
from scripts.deploy.retained import Place
from scripts.local.observe import OutcomeLog, Subscriptions, subscribed
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.running import ROOT, eventually
from tests.samples import body_of
from tests.scripts.command import run

# The workers that an update ends leave their events to the queue, which gives them out again after this time.
SHORT = ("--parameter=ProcessorTimeout=15", "--parameter=VisibilityTimeout=16")

# Of so many events at most a worker is ended between delivery and record (fault 23): the concurrency of dev.
IN_FLIGHT = 5

ACCOUNT = "000000000000"  # of every emulator

ROUTES = ROOT / "processor" / "routes.yaml"


class Deployed(NamedTuple):
    """A stack of a test's own on the module's emulator."""

    name: str
    aws: Aws
    endpoint_url: str

    @property
    def outputs(self) -> dict[str, str]:
        """What the stack puts out now."""
        return stacks.read(self.aws, self.name).outputs

    def command(self, name: str, *arguments: str) -> Any:
        """Run a command such as deploy or `secret delete`, without a terminal."""
        where = ("--stage", "dev", "--stack", self.name, "--endpoint-url", self.endpoint_url)
        return run(*name.split(), *where, *arguments)

    def changed(self, *arguments: str) -> list[dict[str, str]]:
        """Deploys, and returns what was changed."""
        done = self.command("deploy", "--yes", "--output=json", *arguments)
        assert done.returncode == 0, done.stderr
        return [change for changed in json.loads(done.stdout)["stacks"] for change in changed["changes"]]

    def accepted(self, body: bytes) -> str:
        """Posts a body, which must be accepted; the receipt id."""
        url = emulator.Emulator(self.endpoint_url).webhook_url(self.outputs["ApiId"], "alma")
        name = "/alma-webhooks/dev/alma/secret"
        secret = self.aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        reply = as_alma(lambda: post(url, body, signed=signature(body, secret=secret)))
        assert reply.receipt_id, reply
        return reply.receipt_id

    def outcome(self, receipt_id: str) -> str:
        """The outcome of an event, waited for."""
        log = OutcomeLog(self.aws, self.outputs["ProcessorLogGroupName"])

        def look() -> Any:
            log.insist()
            return log.outcomes.get(receipt_id)

        return str(eventually(look, seconds=60)["outcome"])

    @contextmanager
    def watched(self) -> Iterator[Subscriptions]:
        """A queue subscribed to the stack's topics."""
        with subscribed(self.aws, stacks.read(self.aws, self.name).topics, Interrupts()) as subscriptions:
            yield subscriptions


@pytest.fixture(scope="module")
def running_emulator() -> Iterator[emulator.Emulator]:
    """An emulator without any stack, nor a secret: deploying makes both."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        yield started


@pytest.fixture
def deployed(running_emulator: emulator.Emulator) -> Iterator[Deployed]:
    """One, deployed; deleted in the end, so that its functions do not go on."""
    address = running_emulator.endpoint_url
    found = Deployed(f"alma-{secrets.token_hex(4)}", Aws.local(address, emulator.REGION), address)
    found.changed(*SHORT)
    yield found
    for name in (f"{found.name}-observability", found.name):
        found.aws.cloudformation.delete_stack(StackName=name)


def loan(number: int) -> bytes:
    """A loan that is returned, an event of its own."""
    sample = body_of("loan-returned")
    assert sample.count(b'"id":') >= 1
    return sample.replace(b'"action":', b'"number":%d,"action":' % number, 1)


def test_deploying_twice_changes_nothing(deployed: Deployed) -> None:
    """The second time says so, and tests the challenge again."""
    done = deployed.command("deploy", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"stack {deployed.name}: nothing to change" in done.stderr
    assert "answers a challenge" in done.stderr
    assert f"{deployed.outputs['ApiId']}/$default/webhooks/alma" in done.stdout


def test_f52_an_update_with_events_in_flight_loses_none(deployed: Deployed, tmp_path: Path) -> None:
    """New code and another visibility while they come: every event arrives, and only what was in flight may twice."""
    routes = tmp_path / "routes.yaml"
    routes.write_text(ROUTES.read_text("utf-8") + "# as another version\n", "utf-8")
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
            changes = deployed.changed(f"--routes={routes}", "--parameter=VisibilityTimeout=17")
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


TO_A_WORKFLOW = """
stages: {dev: {}, stg: {}, prod: {}}
routes: [{name: all, fallback: true, deliver: [{state_machine: pod, input: {filename-prefix: x}}]}]
"""


def test_topics_are_changed_kept_and_left_out_altogether(deployed: Deployed, tmp_path: Path) -> None:
    """Only they change, by what the processor and the alarms are told; without any of them an event is delivered."""
    routes = tmp_path / "routes.yaml"
    routes.write_text(TO_A_WORKFLOW, "utf-8")
    before = resources(deployed)
    chosen = f"--routes={routes}", "--parameter=Topics=a-new-one,another"
    allowed = [f"--allow-removal=topic:{name}" for name in deployed.outputs["Topics"].split(",")]
    allowed += [f"--allow-removal=route:{name}" for name in removal_finder.route_names(ROUTES.read_text("utf-8"))]
    changes = {(change["action"], change["resource"]) for change in deployed.changed(*chosen, *allowed)}
    assert ("add", "Topicanewone") in changes
    assert ("remove", "Topicloancreated") in changes
    assert ("change", "ProcessorFunction") in changes
    assert not {name for action, name in changes if action == "change"} - {"ProcessorFunction", "HeartbeatFunction"}
    now = resources(deployed)
    assert {name: now[name] for name in now.keys() & before} == {name: before[name] for name in now.keys() & before}
    assert deployed.changed(f"--routes={routes}") == []
    assert deployed.outputs["Topics"] == "a-new-one,another"
    gone = "--allow-removal=a-new-one", "--allow-removal=another"
    deployed.changed(f"--routes={routes}", "--parameter=Topics=", *gone)
    assert "Topics" not in deployed.outputs or deployed.outputs["Topics"] == ""
    assert not [name for name in resources(deployed) if name.startswith("Topic")]
    assert deployed.outcome(deployed.accepted(loan(1))) == "delivered"
    assert deployed.changed(f"--routes={routes}") == []


def resources(deployed: Deployed) -> dict[str, str]:
    """The stack's own names of its resources, by logical id."""
    pages = deployed.aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=deployed.name)
    return {
        one["LogicalResourceId"]: one["PhysicalResourceId"] for page in pages for one in page["StackResourceSummaries"]
    }


def test_ctrl_c_at_the_question_leaves_no_stack(running_emulator: emulator.Emulator) -> None:
    """The change set for a new stack has made an empty one, in review: both are deleted."""
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


def test_f52_destroying_is_refused_while_events_wait(deployed: Deployed) -> None:
    """Exit 3, the queue named, and the stack still there."""
    deployed.aws.sqs.send_message(QueueUrl=deployed.outputs["DeadLetterQueueUrl"], MessageBody="{}")
    done = deployed.command("destroy", "--yes")
    assert (done.returncode, done.stdout) == (3, "")
    assert "because the dead-letter queue holds about 1 event." in done.stderr
    assert stacks.read(deployed.aws, deployed.name)


def test_f52_a_stack_deployed_anew_takes_up_what_was_left(deployed: Deployed) -> None:
    """An event that was delivered before stays a duplicate, and one that came meanwhile is delivered."""
    body = loan(1)
    assert deployed.outcome(deployed.accepted(body)) == "delivered"
    queue = deployed.outputs["QueueUrl"]
    done = deployed.command("destroy", "--yes", "--output=json")
    assert done.returncode == 0, done.stderr
    kept = [each["name"] for each in json.loads(done.stdout)["kept"]]
    assert {f"{deployed.name}-webhooks", f"{deployed.name}-dead-letters", f"{deployed.name}-deliveries"} < set(kept)
    assert stacks.describe(deployed.aws, deployed.name) is None
    assert deployed.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])

    changes = deployed.changed("--parameter=ProcessorTimeout=15", "--parameter=VisibilityTimeout=18")
    taken_up = {change["resource"] for change in changes if change["action"] == "import"}
    kept_by_name = {
        "WebhookQueue",
        "DeadLetterQueue",
        "OverflowBucket",
        "DeliveriesTable",
        "LocksTable",
        "AuditLogGroup",
    }
    assert taken_up == kept_by_name
    assert deployed.outputs["QueueUrl"] == queue
    now = deployed.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert now == {"VisibilityTimeout": "18"}, "the queue is not only taken up, but made what the template says"
    found_again = retained.found(deployed.aws, load(), Place(deployed.name, ACCOUNT, emulator.REGION))
    assert {each["LogicalResourceId"] for each in found_again} == kept_by_name, "the tags of the mark were lost"
    assert deployed.outcome(deployed.accepted(body)) == "duplicate"
    assert deployed.changed() == []


def test_a_deployment_that_would_fail_is_refused_beforehand(deployed: Deployed) -> None:
    """Routes that the stack has no topics for: exit 2, and nothing is changed."""
    done = deployed.command("deploy", "--yes", "--parameter=Topics=other")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the stack has no topic" in done.stderr
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
    """Another team's stack under this name, which must have its parameter and its topic at the end."""
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
    """Neither command does anything: exit 3, with this sentence."""
    for command in ("deploy", "destroy"):
        done = deployed.command(command, "--yes")
        assert (done.returncode, done.stdout, sentence in done.stderr) == (3, "", True), done.stderr


def test_f55_a_foreign_stack_is_neither_changed_nor_deleted(running_emulator: emulator.Emulator) -> None:
    """Its parameter and its topic are there afterwards; nothing of the pipeline was put in their place."""
    address = running_emulator.endpoint_url
    found = Deployed(f"other-{secrets.token_hex(4)}", Aws.local(address, emulator.REGION), address)
    with foreign_stack(found.aws, found.name):
        check_rejected(found, f"Stack {found.name} does not carry the mark of alma-webhooks")
    assert stacks.describe(found.aws, f"{found.name}-observability") is None


def test_f55_an_observability_stack_is_not_taken_for_a_pipeline(deployed: Deployed) -> None:
    """By no command that is given its name, and the sentence leads to the pipeline."""
    other = deployed._replace(name=f"{deployed.name}-observability")
    check_rejected(other, f"Stack {other.name} is the observability stack of alma-webhooks")
    assert f"Name its pipeline stack: --stack {deployed.name}." in other.command("doctor").stderr
    assert deployed.changed() == []


def test_f55_a_foreign_stack_beside_the_pipeline_protects_the_pipeline(deployed: Deployed) -> None:
    """Where only the name of the observability stack is somebody else's, the pipeline is not touched either."""
    name = f"{deployed.name}-observability"
    deployed.aws.cloudformation.delete_stack(StackName=name)
    eventually(lambda: stacks.describe(deployed.aws, name) is None)
    outputs = deployed.outputs
    with foreign_stack(deployed.aws, name):
        check_rejected(deployed, f"Stack {name} does not carry the mark of alma-webhooks")
        doctor = deployed.command("doctor")
        assert (doctor.returncode, f"Stack {name} does not carry the mark" in doctor.stderr) == (3, True), doctor.stderr
    assert deployed.outputs == outputs


def test_f55_a_queue_of_somebody_else_is_not_taken_up(running_emulator: emulator.Emulator) -> None:
    """Exit 3 with its name, before any stack is made."""
    address = running_emulator.endpoint_url
    found = Deployed(f"alma-{secrets.token_hex(4)}", Aws.local(address, emulator.REGION), address)
    found.aws.sqs.create_queue(QueueName=f"{found.name}-webhooks", tags={"owner": "others"})
    done = found.command("deploy", "--yes")
    assert (done.returncode, done.stdout) == (3, "")
    assert f"The queue {found.name}-webhooks exists, but its tags do not say" in done.stderr
    assert stacks.describe(found.aws, found.name) is None
