"""FIFO targets, delays and aliases: the groups and repetitions that arrive, and the execution that an alias starts."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from scripts.aws import emulator, ports
from scripts.aws.clients import Aws
from scripts.cli.signals import Interrupts
from tests.end_to_end.advised import Advised, routes_text
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import SHORT
from tests.end_to_end.test_explain_advice import event
from tests.scripts.command import run

pytestmark = pytest.mark.full  # it needs a stack of its own

DEFINITION = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
HOLDING, LIBRARY = "22100041020007141", "Main Library"
BODY = event("ITEM", "ITEM_CREATED", id="1", item={"holding": HOLDING, "library": LIBRARY})


class Outside(NamedTuple):
    """The library's own targets: the URLs of a FIFO queue, of one subscribed to a FIFO topic and of a standard queue.

    `entries` are the entries of routes for them and for an alias of a state machine.
    """

    items: str
    subscriber: str
    later: str
    entries: tuple[str, ...]

    @classmethod
    def create(cls, aws: Aws) -> "Outside":
        """Create them."""
        items, subscriber = (
            aws.sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"]
            for name in ("items.fifo", "subscriber.fifo")
        )
        later = aws.sqs.create_queue(QueueName="later")["QueueUrl"]
        topic = aws.sns.create_topic(Name="items.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
        raw = {"RawMessageDelivery": "true"}
        aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn_of(aws, subscriber), Attributes=raw)
        return cls(
            items,
            subscriber,
            later,
            (
                f'{{queue: "{arn_of(aws, items)}", message_group_id: "{{{{ item.holding }}}}"}}',
                f'{{topic: "{topic}", message_group_id: "{{{{ item.library }}}}"}}',
                f'{{queue: "{arn_of(aws, later)}", delay: 10m}}',
                f'{{state_machine: "{alias_in(aws)}", input: {{}}}}',
            ),
        )


def arn_of(aws: Aws, url: str) -> str:
    """Return the ARN of a queue."""
    return aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def alias_in(aws: Aws) -> str:
    """Create a state machine, publish a version, and return the ARN of an alias of it."""
    role = "arn:aws:iam::000000000000:role/r"
    machine = aws.states.create_state_machine(name="theirs", definition=DEFINITION, roleArn=role)["stateMachineArn"]
    version = aws.states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    routing: Any = [{"stateMachineVersionArn": version, "weight": 100}]
    return aws.states.create_state_machine_alias(name="PROD", routingConfiguration=routing)["stateMachineAliasArn"]


@pytest.fixture(scope="module")
def started() -> Iterator[emulator.Emulator]:
    """Start an emulator."""
    with emulator.started(ports.free(0), Interrupts()) as found:
        yield found


@pytest.fixture(scope="module")
def outside(started: emulator.Emulator) -> Outside:
    """Create the targets."""
    return Outside.create(Aws.local(started.endpoint_url, emulator.REGION))


@pytest.fixture(scope="module")
def site(started: emulator.Emulator, outside: Outside, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advised]:
    """Deploy a route that delivers to each of the targets, and another that fails, so that there is a dead letter."""
    routes = routes_text(
        f"{{name: items, when: {{action: [ITEM]}}, deliver: [{', '.join(outside.entries)}]}}",
        f"{{name: again, when: {{action: [ITEM]}}, deliver: [{outside.entries[0]}]}}",
        '{name: broken, when: {action: [ITEM]}, deliver: [{topic: "{{ item.topic }}"}]}',
        topics=("unused",),
    )
    project = ProjectFolder.create(tmp_path_factory.mktemp("project"), routes, parameters=SHORT)
    site = Advised.on(started.endpoint_url, "alma-fifo", project)
    site.changed()
    yield site
    site.delete()


def received(aws: Aws, url: str, count: int) -> list[Any]:
    """Return exactly this number of messages, and delete them: those of a group come one after the other."""
    found: list[Any] = []

    def all_are_here() -> bool:
        answer = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
        for message in answer.get("Messages", []):
            aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(message)
        return len(found) >= count

    assert eventually(all_are_here)
    assert len(found) == count
    return found


def test_fifo_targets_get_an_event_once_for_each_route_and_again_when_redelivered(
    site: Advised, outside: Outside
) -> None:
    """Within five minutes: neither the second route to the queue nor the redelivery is dropped as a repetition."""
    receipt_id = site.dead(BODY)
    first = received(site.aws, outside.items, 2)
    [published] = received(site.aws, outside.subscriber, 1)
    assert {message["Attributes"]["MessageGroupId"] for message in first} == {HOLDING}
    assert [message["Body"] for message in (*first, published)] == [BODY.decode()] * 3
    digest = hashlib.sha256(LIBRARY.encode()).hexdigest()  # AWS accepts no space; the emulator would
    assert published["Attributes"]["MessageGroupId"] == digest
    replay = ("dead-letters", "replay", receipt_id, "--redeliver", "--yes", *site.options.split())
    done = run(*replay, environment=site.project.environment)
    assert done.returncode in (0, 1), done.stderr  # the route is still broken
    again = [*received(site.aws, outside.items, 2), *received(site.aws, outside.subscriber, 1)]
    ids = [message["Attributes"]["MessageDeduplicationId"] for message in (*first, published, *again)]
    assert len({*ids}) == 6
    assert [message["Body"] for message in again] == [BODY.decode()] * 3


def test_a_message_is_delayed(site: Advised, outside: Outside) -> None:
    """It is on the queue and not visible yet."""
    before = delayed(site.aws, outside.later)
    site.dead(BODY.replace(b'"1"', b'"2"'))
    assert delayed(site.aws, outside.later) == before + 1
    assert "Messages" not in site.aws.sqs.receive_message(QueueUrl=outside.later)


def delayed(aws: Aws, url: str) -> int:
    """Return the number of delayed messages."""
    name: Any = "ApproximateNumberOfMessagesDelayed"
    return int(aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def test_an_alias_starts_an_execution_that_the_log_names(site: Advised) -> None:
    """The ARN in the log is the one of the execution, and doctor finds the alias and its right.

    The emulator does not show which alias started an execution, does not list executions by alias, and enforces no
    rights. The tests of the deployer show that the role has the ARN without the alias, as AWS checks it.
    """
    receipt_id = site.dead(BODY.replace(b'"1"', b'"3"'))
    trace = run("trace", receipt_id, *site.options.split(), "--output=json").stdout
    made = [one for line in json.loads(trace)["lines"] for one in line["line"].get("deliveries", [])]
    [arn] = [one["execution"] for one in made if one.get("execution")]
    described = site.aws.states.describe_execution(executionArn=arn)
    assert described["stateMachineArn"].endswith(":stateMachine:theirs")
    assert site.findings("6 of 6 targets exist; 1 more depends on the event")
    assert site.findings("4 ARNs outside the stack, all allowed")
