"""Each next step that `dead-letters explain` prints, followed as printed: afterwards the event has its end."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.aws import emulator, ports
from scripts.cli.advice import Advice
from scripts.cli.signals import Interrupts
from tests.end_to_end.advised import Advised, exercises, routes_file
from tests.end_to_end.running import eventually
from tests.scripts.command import run

SITE = "alma-explained"
GOOD = "{name: good, when: {event: {value: [LOAN_RETURNED]}}, deliver: [{topic: loan-returned}]}"
LOST = '{name: lost, when: {event: {value: [LOAN_LOST]}}, deliver: [{topic: "{{ item_loan.queue }}"}]}'
BUILT = '{name: built, when: {action: [ITEM]}, deliver: [{topic: "x-{{ event.value | slug }}"}]}'
LARGE = "{name: large, when: {event: {value: [BIB_CREATED]}}, deliver: [{state_machine: pod}]}"
BASE = (GOOD, LOST, BUILT, LARGE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advised]:
    """A stack whose routes can fail in each way, on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        site = Advised.on(started.endpoint_url, SITE)
        path = routes_file(tmp_path_factory.mktemp("routes"), *BASE)
        site.changed("--parameter=ProcessorTimeout=15", "--parameter=VisibilityTimeout=16", f"--routes={path}")
        yield site
        for name in (f"{SITE}-observability", SITE):
            site.aws.cloudformation.delete_stack(StackName=name)


def event(action: str, value: str, **members: object) -> bytes:
    """A body of this event."""
    return json.dumps({"action": action, "event": {"value": value}, **members}).encode()


@exercises(Advice.fix_then_replay)
def test_f74_a_deleted_topic_is_recreated_before_the_replay(site: Advised) -> None:
    """No delivery is promised meanwhile; the old advice, to replay, would have made another dead letter."""
    arn = f"{site.outputs['TopicArnPrefix']}loan-returned"
    site.aws.sns.delete_topic(TopicArn=arn)
    receipt_id = site.dead(event("LOAN", "LOAN_RETURNED", id="1"))
    lines = site.explained(receipt_id)
    assert lines[0] == "using the deployed routes file"
    assert f"would fail again: refused: the topic {arn} is not there" in lines[1]
    site.follow(lines[2].removeprefix("next: "), Advice.fix_then_replay)
    assert site.comes_out(receipt_id)


@exercises(Advice.replay)
def test_f66_what_would_come_out_is_replayed(site: Advised) -> None:
    """The topic was created again by hand."""
    arn = f"{site.outputs['TopicArnPrefix']}loan-returned"
    site.aws.sns.delete_topic(TopicArn=arn)
    receipt_id = site.dead(event("LOAN", "LOAN_RETURNED", id="2"))
    site.aws.sns.create_topic(Name=arn.rpartition(":")[2])
    site.follow(site.next_after(receipt_id, code=0), Advice.replay)
    assert site.comes_out(receipt_id)


@exercises(Advice.change_route)
def test_f66_a_body_that_a_template_fails_on_is_corrected(site: Advised, tmp_path: Path) -> None:
    """By a file of one's own."""
    receipt_id = site.dead(event("LOAN", "LOAN_LOST", id="3"))
    corrected = tmp_path / "corrected.json"
    corrected.write_bytes(event("LOAN", "LOAN_LOST", id="3", item_loan={"queue": "loan-lost"}))
    more = (f"--export={tmp_path / 'original.jsonl'}",)
    site.follow(site.next_after(receipt_id), Advice.change_route, *more, ID=receipt_id, FILE=str(corrected))
    assert site.comes_out(receipt_id)


@exercises(Advice.edit)
def test_f66_a_body_that_is_no_event_is_corrected(site: Advised, tmp_path: Path) -> None:
    """Or discarded, which the advice offers instead."""
    receipt_id = site.dead(b"{no event")
    corrected = tmp_path / "corrected.json"
    corrected.write_bytes(event("LOAN", "LOAN_RETURNED", id="4"))
    fix = site.next_after(receipt_id)
    assert f"or: alma-webhooks dead-letters discard {receipt_id} " in fix
    more = (f"--export={tmp_path / 'original.jsonl'}",)
    site.follow(fix, Advice.edit, *more, ID=receipt_id, FILE=str(corrected))
    assert site.comes_out(receipt_id)


@exercises(Advice.deploy_then_replay, Advice.discard)
def test_f74_routes_that_are_not_deployed_are_deployed_before_the_replay(site: Advised, tmp_path: Path) -> None:
    """Then they are what is deployed; and an event that they do not want is discarded."""
    receipt_id, unwanted = (site.dead(event("LOAN", "LOAN_LOST", id=name)) for name in ("5", "6"))
    corrected = LOST.replace("{{ item_loan.queue }}", "loan-lost").replace("[LOAN_LOST]}", '[LOAN_LOST]}, id: ["5"]')
    path = routes_file(tmp_path, GOOD, corrected, BUILT, LARGE)
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
    done = run("dead-letters", "explain", unwanted, *site.options.split())
    assert f"Dead letter {unwanted} not found" in done.stderr
    site.changed(f"--routes={routes_file(tmp_path, *BASE, name='base.yaml')}")


@exercises(Advice.smaller_input)
def test_f66_an_input_that_is_too_large_is_made_smaller(site: Advised, tmp_path: Path) -> None:
    """The route is changed and deployed, and then the event goes through."""
    receipt_id = site.dead(event("BIB", "BIB_CREATED", id="7", text="x" * 300_000))
    fix = site.next_after(receipt_id)
    smaller = LARGE.replace("pod}", 'pod, input: {filename-prefix: "{{ id }}"}}')
    site.changed(f"--routes={routes_file(tmp_path, GOOD, LOST, BUILT, smaller)}")
    site.follow(fix, Advice.smaller_input)
    assert site.comes_out(receipt_id)


@exercises(Advice.add_topic)
def test_f66_a_topic_that_the_stack_lacks_is_added(site: Advised, tmp_path: Path) -> None:
    """Beside those that it has, by its name, which only the event told; the deployment keeps the deployed routes."""
    path = routes_file(tmp_path, *BASE)
    site.changed(f"--routes={path}")
    receipt_id = site.dead(event("ITEM", "ITEM_CREATED", id="8"))
    fix = site.next_after(receipt_id)
    before = set(site.outputs["Topics"].split(","))
    site.follow(fix, Advice.add_topic, FILE=str(path))
    assert set(site.outputs["Topics"].split(",")) == {*before, "x-item-created"}
    assert site.comes_out(receipt_id)


@exercises(Advice.show)
def test_f66_a_message_that_is_not_ingests_is_shown(site: Advised) -> None:
    """With why it cannot be read."""
    queue = site.outputs["DeadLetterQueueUrl"]
    sent = site.aws.sqs.send_message(QueueUrl=queue, MessageBody="whatever")["MessageId"]
    fix = eventually(lambda: site.next_after(sent))
    [printed] = site.follow(fix, Advice.show)
    assert (sent in printed, "envelope" in printed) == (True, True)
