"""One route's failure does not withhold an event from the others: one dead letter, whose replay delivers the rest."""

import json
from collections.abc import Iterator

import pytest

from scripts.aws import emulator, ports
from scripts.cli.signals import Interrupts
from scripts.local.observe import Subscriptions
from tests.end_to_end.advised import Advised, routes_text
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import SHORT
from tests.end_to_end.test_explain_advice import event
from tests.end_to_end.test_fix import fixed, outcomes
from tests.scripts.command import run

pytestmark = pytest.mark.full  # it needs a stack of its own, and a second deployment

ROUTES = routes_text(
    "{name: good, deliver: [{topic: good}]}",
    '{name: broken, deliver: [{topic: "{{ item_loan.topic.value }}"}]}',
    "{name: gone, deliver: [{topic: gone}]}",
    "{name: kept, fallback: true, deliver: [{topic: kept}]}",
    topics=("good", "gone", "kept", "fixed"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advised]:
    """Deploy the routes on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path_factory.mktemp("project"), ROUTES, parameters=SHORT)
        site = Advised.on(started.endpoint_url, "alma-isolated", project)
        site.changed()
        yield site
        site.delete()


def test_f69_the_other_routes_deliver_and_a_replay_delivers_what_is_missing(site: Advised) -> None:
    """The dead letter has both failures; no target gets the event twice, and the fallback never does."""
    gone = f"{site.outputs['TopicArnPrefix']}gone"
    with site.watched() as topics:
        site.aws.sns.delete_topic(TopicArn=gone)
        receipt_id = site.dead(event("LOAN", "LOAN_RETURNED", id="1", item_loan={"topic": None}))
        shown = run("dead-letters", "show", receipt_id, *site.options.split(), "--output=json").stdout
        cause = json.loads(shown)["dead_letters"][0]["cause"]
        assert (cause["class"], cause["route"], cause["field"]) == ("template", "broken", "deliver[0].topic")
        assert [(other["class"], other["target"]) for other in cause["others"]] == [("refused", "topic:gone")]
        reconciled = run("reconcile", "--since=1h", *site.options.split(), "--output=json").stdout
        assert json.loads(reconciled)["partly_delivered"] == 1
        site.aws.sns.create_topic(Name=gone.rpartition(":")[2])
        site.project.routes = ROUTES.replace("{{ item_loan.topic.value }}", "fixed")
        assert outcomes(fixed(site, receipt_id)) == {receipt_id: "delivered"}
        assert eventually(lambda: topics.receive() == 0 and "fixed" in seen(topics, receipt_id))
        assert sorted(seen(topics, receipt_id)) == ["fixed", "good"]


def seen(topics: Subscriptions, receipt_id: str) -> list[str]:
    """Return the topics that got an event, once for each message."""
    return [sighting.topic for sighting in topics.sightings if sighting.receipt_id == receipt_id]
