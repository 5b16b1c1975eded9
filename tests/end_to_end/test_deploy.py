"""The commands `deploy` and `destroy` on the local engine: what they change, what they leave, that no event is lost."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scripts.deploy import change_sets
from scripts.deploy import stack as stacks
from scripts.deploy.aws import Aws
from scripts.local import engine, ports
from scripts.local.interrupts import Interrupts
from scripts.local.observe import OutcomeLog, Subscriptions, subscribed
from scripts.local.posting import post, signature
from tests.end_to_end.running import ROOT, eventually
from tests.samples import body_of
from tests.scripts.command import run

# The workers that an update ends leave their events to the queue, which gives them out again after this time.
SHORT = ("--parameter=ProcessorTimeout=15", "--parameter=VisibilityTimeout=16")

# Of so many events at most a worker is ended between delivery and record (fault 23): the concurrency of dev.
IN_FLIGHT = 5

ROUTES = ROOT / "processor" / "routes.yaml"


class Deployed(NamedTuple):
    """A stack of a test's own on the module's engine."""

    name: str
    aws: Aws
    endpoint_url: str

    @property
    def outputs(self) -> dict[str, str]:
        """What the stack puts out now."""
        return stacks.read(self.aws, self.name).outputs

    def command(self, name: str, *arguments: str) -> Any:
        """Runs deploy or destroy, without a terminal."""
        where = ("--stage", "dev", "--stack", self.name, "--endpoint-url", self.endpoint_url)
        return run(name, *where, *arguments)

    def changed(self, *arguments: str) -> list[dict[str, str]]:
        """Deploys, and returns what was changed."""
        done = self.command("deploy", "--yes", "--output=json", *arguments)
        assert done.returncode == 0, done.stderr
        return [change for changed in json.loads(done.stdout)["stacks"] for change in changed["changes"]]

    def accepted(self, body: bytes) -> str:
        """Posts a body, which must be accepted; the receipt id."""
        url = engine.Engine(self.endpoint_url).webhook_url(self.outputs["ApiId"], "alma")
        name = "/alma-webhooks/dev/alma/secret"
        secret = self.aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        reply = post(url, body, signed=signature(body, secret=secret))
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
def running_engine() -> Iterator[engine.Engine]:
    """An engine without any stack, nor a secret: deploying makes both."""
    with engine.started(ports.free(0), Interrupts()) as started:
        yield started


@pytest.fixture
def deployed(running_engine: engine.Engine) -> Iterator[Deployed]:
    """One, deployed; deleted in the end, so that its functions do not go on."""
    address = running_engine.endpoint_url
    found = Deployed(f"alma-{secrets.token_hex(4)}", Aws.local(address, engine.REGION), address)
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

        def look() -> bool:
            seen.receive(1)
            return {sighting.receipt_id for sighting in seen.sightings} >= set(receipts)

        eventually(look, seconds=120)
        assert {sighting.receipt_id for sighting in seen.sightings} == set(receipts)
        assert len(seen.sightings) - len(receipts) <= IN_FLIGHT


TO_A_WORKFLOW = """
stages: {dev: {}, stg: {}, prod: {}}
routes: [{name: all, fallback: true, deliver: [{state_machine: pod, input: {filename-prefix: x}}]}]
"""


def test_topics_are_changed_kept_and_left_out_altogether(deployed: Deployed, tmp_path: Path) -> None:
    """Only they change, by what the processor and the alarms are told; without any of them an event is delivered."""
    routes = tmp_path / "routes.yaml"
    routes.write_text(TO_A_WORKFLOW, "utf-8")
    before = resources(deployed)
    chosen = f"--routes={routes}", "--parameter=Topics=heartbeat,a-new-one"
    changes = {(change["action"], change["resource"]) for change in deployed.changed(*chosen)}
    assert ("add", "Topicanewone") in changes
    assert ("remove", "Topicloancreated") in changes
    assert ("change", "ProcessorFunction") in changes
    assert not {name for action, name in changes if action == "change"} - {"ProcessorFunction", "HeartbeatFunction"}
    now = resources(deployed)
    assert {name: now[name] for name in now.keys() & before} == {name: before[name] for name in now.keys() & before}
    assert deployed.changed(f"--routes={routes}") == []
    assert deployed.outputs["Topics"] == "heartbeat,a-new-one"
    deployed.changed(f"--routes={routes}", "--parameter=Topics=")
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


def test_ctrl_c_at_the_question_leaves_no_stack(running_engine: engine.Engine) -> None:
    """The change set for a new stack has made an empty one, in review: both are deleted."""
    aws = Aws.local(running_engine.endpoint_url, engine.REGION)
    name, statuses = f"alma-{secrets.token_hex(4)}", list[str]()
    template = {"TemplateBody": json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})}
    change_set = change_sets.create(aws, change_sets.Wanted(name, "CREATE", template, [], []))

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
    assert "there are events, in the dead-letter queue about 1." in done.stderr
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
    taken_up = {change["resource"] for change in changes if change["action"] == "take up"}
    kept_by_name = {
        "WebhookQueue",
        "DeadLetterQueue",
        "OverflowBucket",
        "DeliveriesTable",
        "LeasesTable",
        "AuditLogGroup",
    }
    assert taken_up == kept_by_name
    assert deployed.outputs["QueueUrl"] == queue
    now = deployed.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert now == {"VisibilityTimeout": "18"}, "the queue is not only taken up, but made what the template says"
    assert deployed.outcome(deployed.accepted(body)) == "duplicate"
    assert deployed.changed() == []


def test_a_deployment_that_would_fail_is_refused_beforehand(deployed: Deployed) -> None:
    """Routes that the stack has no topics for: exit 2, and nothing is changed."""
    done = deployed.command("deploy", "--yes", "--parameter=Topics=other")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the stack has no topic" in done.stderr
    assert deployed.changed() == []
