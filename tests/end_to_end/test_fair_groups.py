"""The groups of messages: on the webhook queue, at subscribers, on the dead-letter queue, and of a replay.

The emulator keeps the group of a message, and does not schedule by it as SQS does ("Amazon SQS fair queues", SQS
Developer Guide). So these tests show the groups, and not that one waits for another.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from ingest import heartbeat
from ingest.fair_group import FAMILIES
from scripts.aws import emulator, ports
from scripts.cli.signals import Interrupts
from tests.end_to_end.advised import Advised, routes_text
from tests.end_to_end.paused import paused
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import ACCOUNT, SHORT
from tests.end_to_end.test_explain_advice import event

pytestmark = pytest.mark.full  # it needs a stack of its own

PROFILES = ("alma", "consortium-2")
LIBRARY = f"arn:aws:sqs:{emulator.REGION}:{ACCOUNT}:library"
SUBSCRIBER = f"arn:aws:sqs:{emulator.REGION}:{ACCOUNT}:subscriber"
ROUTES = routes_text(
    f"{{name: all, deliver: [{{topic: all}}, {{queue: '{LIBRARY}'}}]}}",
    "{name: broken, when: {event: {value: [LOAN_LOST]}}, deliver: [{topic: '{{ item_loan.topic }}'}]}",
    topics=("all",),
)
Groups = set[tuple[str, str]]
"""Receipt ids, each with the group of a message."""


class Fair(Advised):
    """A stack with two Alma profiles, whose topic and queue target are read by the test."""

    def url(self, name: str) -> str:
        """Return the URL of a queue of the test."""
        return self.aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def prepared(self) -> None:
        """Create the queue target, deploy, and subscribe a queue to the topic."""
        for name in ("library", "subscriber"):
            self.aws.sqs.create_queue(QueueName=name)
        self.changed()
        topic, raw = f"{self.outputs['TopicArnPrefix']}all", {"RawMessageDelivery": "true"}
        self.aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=SUBSCRIBER, Attributes=raw)

    def groups(self, url: str, sent: Groups) -> Groups:
        """Wait for these groups on a queue, and return all groups of their events. The messages stay on the queue."""
        receipt_ids, found = {receipt_id for receipt_id, _ in sent}, set[tuple[str, str]]()

        def look() -> bool:
            answer: Any = self.aws.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=1,
                MessageAttributeNames=["receipt_id"],
                MessageSystemAttributeNames=["MessageGroupId"],
            )
            for message in answer.get("Messages", []):
                receipt_id = message["MessageAttributes"]["receipt_id"]["StringValue"]
                if receipt_id in receipt_ids:
                    found.add((receipt_id, message["Attributes"].get("MessageGroupId", "")))
            return len(found) >= len(sent)

        eventually(look)
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fair]:
    """Deploy the routes on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        path = tmp_path_factory.mktemp("project")
        project = ProjectFolder.create(path, ROUTES, profiles=PROFILES, parameters=SHORT)
        site = Fair.on(started.endpoint_url, "alma-fair", project)
        assert isinstance(site, Fair)
        site.prepared()
        yield site
        site.delete()


def test_f75_each_profile_and_family_has_a_group_at_every_queue(site: Fair) -> None:
    """The webhook queue has it; a queue target and a queue that is subscribed to a topic get it too."""
    sent: Groups = set()
    with paused(site.aws, site.outputs["ProcessorFunctionName"]):
        for profile in PROFILES:
            for family in (*sorted(FAMILIES), "SOMETHING_NEW"):
                receipt_id = site.accepted(event(family, "ANY", id=f"{profile} {family}"), profile)
                sent.add((receipt_id, f"{profile}.{family if family in FAMILIES else 'other'}"))
        beat = (site.accepted(heartbeat.event_body(0), heartbeat.PROFILE), "heartbeat.other")
        assert site.groups(site.outputs["QueueUrl"], sent | {beat}) == sent | {beat}
    assert len({group for _, group in sent}) == len(sent) == len(PROFILES) * (len(FAMILIES) + 1)
    for name in ("library", "subscriber"):
        assert site.groups(site.url(name), sent) == sent


def test_f75_a_dead_letter_keeps_its_group_and_a_replay_has_one_of_its_own(site: Fair) -> None:
    """The replay is in no family's group: on the webhook queue, at the targets, and as a dead letter again."""
    dead_letters = site.outputs["DeadLetterQueueUrl"]
    receipt_id = site.dead(event("LOAN", "LOAN_LOST", id="lost", item_loan={"topic": None}))
    live, replayed = (receipt_id, "alma.LOAN"), (receipt_id, "alma.replay")
    assert site.groups(dead_letters, {live}) == {live}
    with paused(site.aws, site.outputs["ProcessorFunctionName"]):
        site.ours(["dead-letters", "replay", receipt_id, "--redeliver", *site.options.split()])
        assert site.groups(site.outputs["QueueUrl"], {replayed}) == {replayed}
    assert site.groups(dead_letters, {replayed}) == {replayed}
    for name in ("library", "subscriber"):
        assert site.groups(site.url(name), {live, replayed}) == {live, replayed}
