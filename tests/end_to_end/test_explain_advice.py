"""Each next step that `dead-letters explain` prints solves the problem when it is run as printed."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.aws import emulator, ports
from scripts.cli.advice import Advice
from scripts.cli.signals import Interrupts
from tests.end_to_end.advised import Advised, exercises, routes_text
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import SHORT
from tests.scripts.command import run

pytestmark = pytest.mark.full  # each advice needs a dead letter and some deployments

SITE = "alma-explained"
GOOD = "{name: good, when: {event: {value: [LOAN_RETURNED]}}, deliver: [{topic: loan-returned}]}"
LOST = (
    '{name: lost, when: {event: {value: [LOAN_LOST]}}, let: {queue: "{{ item_loan.queue }}"}, if: "id != none", '
    'deliver: [{topic: "{{ queue }}"}]}'
)
BUILT = '{name: built, when: {action: [ITEM]}, deliver: [{topic: "x-{{ event.value | slug }}"}]}'
LARGE = "{name: large, when: {event: {value: [BIB_CREATED]}}, deliver: [{state_machine: pod}]}"


def routes(*entries: str) -> str:
    """Return a routes file with these routes, their topics and the state machine pod."""
    return routes_text(*entries, topics=("loan-returned", "loan-lost"), state_machines=("pod",))


BASE = routes(GOOD, LOST, BUILT, LARGE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advised]:
    """Deploy a stack whose routes can fail in each way, on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path_factory.mktemp("project"), BASE, parameters=SHORT)
        site = Advised.on(started.endpoint_url, SITE, project)
        site.changed()
        yield site
        site.delete()


def event(action: str, value: str, **members: object) -> bytes:
    """Return a body of this event."""
    return json.dumps({"action": action, "event": {"value": value}, **members}).encode()


@exercises(Advice.replay)
def test_f66_a_dead_letter_that_would_be_delivered_is_replayed(site: Advised) -> None:
    """The printed step is a replay if the routes were corrected and deployed since."""
    receipt_id = site.dead(event("LOAN", "LOAN_LOST", id="2"))
    site.project.routes = routes(GOOD, LOST.replace("{{ item_loan.queue }}", "loan-lost"), BUILT, LARGE)
    site.changed()
    site.follow(site.next_after(receipt_id, code=0), Advice.replay)
    assert site.comes_out(receipt_id)
    site.project.routes = BASE
    site.changed()


@exercises(Advice.fix_and_replay)
def test_f66_a_dead_letter_that_a_topic_refused_is_fixed(site: Advised) -> None:
    """The printed step replays it once the topic that was created again by hand has a subscriber."""
    arn = f"{site.outputs['TopicArnPrefix']}loan-returned"
    site.aws.sns.delete_topic(TopicArn=arn)
    receipt_id = site.dead(event("LOAN", "LOAN_RETURNED", id="2b"))
    site.aws.sns.create_topic(Name=arn.rpartition(":")[2])
    queue = site.outputs["QueueUrl"].rpartition("/")[2]
    site.aws.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:{queue}-copy")
    site.follow(site.next_after(receipt_id, code=0), Advice.fix_and_replay)
    assert site.comes_out(receipt_id)


@exercises(Advice.change_route)
def test_f66_a_route_or_a_body_on_which_a_template_fails_is_corrected(site: Advised, tmp_path: Path) -> None:
    """The printed step deploys the changed route and replays; the alternative corrects the body instead."""
    receipt_id, other = (site.dead(event("LOAN", "LOAN_LOST", id=name)) for name in ("3", "3b"))
    corrected = tmp_path / "corrected.json"
    corrected.write_bytes(event("LOAN", "LOAN_LOST", id="3b", item_loan={"queue": "loan-lost"}))
    _, edit = site.next_after(other).split(", or: ")
    site.ours(shlex.split(edit)[1:], f"--with={corrected}", f"--export={tmp_path / 'original.jsonl'}")
    assert site.comes_out(other)
    fix = site.next_after(receipt_id)
    site.project.routes = routes(GOOD, LOST.replace("{{ item_loan.queue }}", "loan-lost"), BUILT, LARGE)
    [printed] = site.follow(fix, Advice.change_route)
    assert f"{receipt_id}  delivered to loan-lost" in printed
    site.project.routes = BASE
    site.changed()


@exercises(Advice.edit)
def test_f66_a_body_that_is_not_an_event_is_corrected(site: Advised, tmp_path: Path) -> None:
    """The printed step corrects a body that is not an event, and offers to discard it instead."""
    receipt_id = site.dead(b"{no event")
    corrected = tmp_path / "corrected.json"
    corrected.write_bytes(event("LOAN", "LOAN_RETURNED", id="4"))
    fix = site.next_after(receipt_id)
    assert f"or: alma-webhooks dead-letters discard {receipt_id} " in fix
    site.follow(fix, Advice.edit, f"--with={corrected}", f"--export={tmp_path / 'original.jsonl'}")
    assert site.comes_out(receipt_id)


@exercises(Advice.deploy_then_replay, Advice.discard)
def test_f74_routes_that_are_not_deployed_are_deployed_before_the_replay(site: Advised, tmp_path: Path) -> None:
    """The printed step deploys the routes before the replay; an event that they ignore is discarded."""
    receipt_id, unwanted = (site.dead(event("LOAN", "LOAN_LOST", id=name)) for name in ("5", "6"))
    corrected = LOST.replace("{{ item_loan.queue }}", "loan-lost").replace("id != none", "id == '5'")
    site.project.routes = routes(GOOD, corrected, BUILT, LARGE)
    path = site.project.routes_path
    given = f"--routes={path}"
    lines = site.explained(receipt_id, given, code=0)
    assert lines[0] == f"{path} is not deployed"
    site.follow(lines[2].removeprefix("next: "), Advice.deploy_then_replay)
    assert site.comes_out(receipt_id)
    assert site.explained(unwanted, given, code=0)[0] == f"{path} is deployed"
    fix = site.next_after(unwanted, code=0)
    assert "alma-webhooks dead-letters discard" in fix
    more = ("--count=1", f"--export={tmp_path / 'discarded.jsonl'}")
    site.follow(fix, Advice.discard, *more)
    completed = run("dead-letters", "explain", unwanted, *site.options.split())
    assert f"Dead letter {unwanted} not found" in completed.stderr
    site.project.routes = BASE
    site.changed()


@exercises(Advice.smaller_input)
def test_f66_an_input_that_is_too_large_is_reduced(site: Advised) -> None:
    """The event is delivered after the route was changed and the printed step followed."""
    receipt_id = site.dead(event("BIB", "BIB_CREATED", id="7", text="x" * 300_000))
    fix = site.next_after(receipt_id)
    smaller = LARGE.replace("pod}", 'pod, input: {filename-prefix: "{{ id }}"}}')
    site.project.routes = routes(GOOD, LOST, BUILT, smaller)
    site.follow(fix, Advice.smaller_input)
    assert site.comes_out(receipt_id)


@exercises(Advice.add_topic)
def test_f66_a_topic_that_the_stack_lacks_is_added(site: Advised) -> None:
    """The printed step adds the missing topic, whose name comes from the event, and keeps the other topics."""
    site.project.routes = BASE
    site.changed()
    receipt_id = site.dead(event("ITEM", "ITEM_CREATED", id="8"))
    fix = site.next_after(receipt_id)
    before = set(site.outputs["Topics"].split(","))
    site.follow(fix, Advice.add_topic)
    assert set(site.outputs["Topics"].split(",")) == {*before, "x-item-created"}
    assert site.comes_out(receipt_id)


@exercises(Advice.show)
def test_f66_a_message_from_elsewhere_is_shown(site: Advised) -> None:
    """The printed step shows a message that ingest did not send, with the reason why it cannot be read."""
    queue = site.outputs["DeadLetterQueueUrl"]
    sent = site.aws.sqs.send_message(QueueUrl=queue, MessageBody="anything")["MessageId"]
    fix = eventually(lambda: site.next_after(sent))
    [printed] = site.follow(fix, Advice.show)
    assert (sent in printed, "envelope" in printed) == (True, True)
