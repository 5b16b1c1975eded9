"""A route delivers to a topic of notifications on the emulator. The sender is paused, so that its queue can be read."""

import json
from collections.abc import Iterator

import pytest
from boto3.dynamodb.types import TypeSerializer

from ingest.envelope import Envelope
from notifications.compose import identity_of as identity_of_notification
from notifications.notification import Notification
from notifications.topics import Topic
from processor.alma.events import parse
from processor.alma.identity import delivery_key, identity_of
from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.cli.signals import Interrupts
from tests.end_to_end.advised import Advised
from tests.end_to_end.paused import paused
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import SHORT
from tests.end_to_end.test_explain_advice import event
from tests.notifications.fake_integrations import HASH
from tests.samples import STAGES

pytestmark = pytest.mark.full  # it needs a stack of its own

ROUTES = f"""{STAGES}
routes:
  - name: people
    when: {{action: [LOAN]}}
    let: {{title: "{{{{ item_loan.title | upper }}}}"}}
    deliver:
      - notification: "library/{{{{ event.value | slug }}}}"
"""
Queued = list[tuple[Envelope, Notification]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advised]:
    """Deploy the route with notifications on an emulator of its own, and pause the sender."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path_factory.mktemp("project"), ROUTES, parameters=SHORT)
        project.set(notifications=True, alarms="none")
        site = Advised.planned(started.endpoint_url, project)
        site.changed()
        with paused(site.aws, f"{site.name}-notifications-sender"):
            yield site


def apply_topic(site: Advised, topic: str) -> None:
    """Write a topic of the channel library with a Slack line and a text message."""
    entries = [
        {"name": "team", "type": "slack", "model": "*$title* of $profile", "configuration": {"url": {"ssm": "team"}}},
        {
            "name": "desk",
            "type": "sms",
            "model": {"jinja": "{{ item_loan.loan_id }}"},
            "configuration": {"to": "+4312345678"},
        },
    ]
    made = Topic.model_validate({"id": HASH, "channel": "library", "topic": topic, "integrations": entries})
    item = {name: TypeSerializer().serialize(value) for name, value in made.item().items()}
    site.aws.dynamodb.put_item(TableName=f"{site.name}-notifications-topics", Item=item)


def taken(site: Advised, count: int) -> Queued:
    """Take this many messages from the queue, and return them as the sender reads them; no others are there."""
    url = stacks.read(site.aws, f"{site.name}-notifications").outputs["QueueUrl"]
    found: Queued = []

    def receive() -> bool:
        answer = site.aws.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            attributes = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
            envelope = Envelope.decode(message["Body"], attributes)
            found.append((envelope, Notification.decode(envelope.body)))
            site.aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(found) >= count

    eventually(receive)
    receive()
    assert len(found) == count
    return found


def key_of(body: bytes, target: str) -> str:
    envelope = Envelope(body, "", "", "alma")
    return delivery_key(identity_of(parse(body), envelope), route="people", target=target)


def test_f79_an_event_is_queued_with_the_identity_of_its_delivery(site: Advised) -> None:
    """One notification for each integration, rendered and with the event's receipt id; a repeated event queues none."""
    apply_topic(site, "loan-created")
    body = event("LOAN", "LOAN_CREATED", id="1", item_loan={"loan_id": "0071", "title": "Faust"})
    receipt_id = site.accepted(body)
    assert site.outcome(receipt_id) == "delivered"
    found = taken(site, 2)
    assert {one.name: one.message for _, one in found} == {"team": "*FAUST* of alma", "desk": "0071"}
    key = key_of(body, "notification:library/loan-created")
    assert {one.identity for _, one in found} == {identity_of_notification("library+loan-created", f"delivery:{key}")}
    assert {(each.receipt_id, each.profile) for each, _ in found} == {(receipt_id, "notifications")}
    assert site.outcome(site.accepted(body)) == "duplicate"
    taken(site, 0)


def test_a_dead_letter_is_delivered_once_after_its_topic_was_written(site: Advised) -> None:
    """The cause says what to do, `explain` sees the topic when it is there, and a replay queues it once."""
    receipt_id = site.accepted(event("LOAN", "LOAN_LOST", id="2", item_loan={"loan_id": "0072", "title": "Faust"}))
    assert site.outcome(receipt_id) == "dead"
    explained = site.command("dead-letters explain", receipt_id)
    assert explained.returncode == 1
    assert "no-target: there is no such topic; add it to notifications.yaml" in explained.stdout
    apply_topic(site, "loan-lost")
    explained = site.command("dead-letters explain", receipt_id, "--output=json")
    assert explained.returncode == 0, explained.stdout
    replayed = site.command("dead-letters replay", receipt_id, "--yes", "--wait", "--output=json")
    assert replayed.returncode == 0, replayed.stderr
    assert json.loads(replayed.stdout)
    found = taken(site, 2)
    assert {envelope.receipt_id for envelope, _ in found} == {receipt_id}
    assert {one.message for _, one in found} == {"*FAUST* of alma", "0072"}
