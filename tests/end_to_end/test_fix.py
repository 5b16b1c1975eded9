"""Each action of `dead-letters fix` on the emulator: the cause is fixed, and the event is delivered or left."""

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.envelope import Envelope
from scripts.aws import emulator, ports
from scripts.cli.advice import Advice
from scripts.cli.signals import Interrupts
from tests.end_to_end.advised import Advised, exercises
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.test_deploy import SHORT
from tests.end_to_end.test_explain_advice import BASE, event
from tests.scripts.command import ROOT, run

pytestmark = pytest.mark.full  # each action needs a dead letter, and some a deployment

SITE = "alma-fixed"
INDEX = """returned:
  file: returned.json
  provenance: Invented.
  expect: {outcome: delivered, route: good, target: "topic:loan-returned"}
"""
EDITOR = """import pathlib, sys
line, path = sys.argv[1:]
path = pathlib.Path(path)
text = path.read_text()
assert "item_loan.queue" in text.splitlines()[int(line) - 1], line
path.write_text(text.replace("{{ item_loan.queue }}", "loan-lost"))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advised]:
    """Deploy a stack whose routes can fail in each way, on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path_factory.mktemp("project"), BASE, parameters=SHORT)
        (project.path / "events").mkdir()
        (project.path / "events" / "index.yaml").write_text(INDEX, "utf-8")
        (project.path / "events" / "returned.json").write_bytes(event("LOAN", "LOAN_RETURNED", id="0"))
        site = Advised.on(started.endpoint_url, SITE, project)
        site.changed()
        yield site
        site.delete()


def fixed(site: Advised, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run `dead-letters fix --yes` and return its JSON output."""
    words = (*arguments, *site.options.split(), "--yes", "--output=json")
    done = run("dead-letters", "fix", *words, environment=site.project.environment)
    assert done.returncode == code, done.stderr
    return dict(json.loads(done.stdout))


def put(site: Advised, receipt_id: str, body: bytes, **cause: Any) -> str:
    """Put a dead letter with this cause on the queue, and return its ID."""
    failure = {"route": "good", "target": "topic:loan-returned", **cause}
    message = Envelope(body, receipt_id, "2026-11-20T00:00:00.000Z", "alma", failure=failure).encode()
    attributes: Any = {name: {"DataType": "String", "StringValue": text} for name, text in message.attributes.items()}
    queue = site.outputs["DeadLetterQueueUrl"]
    site.aws.sqs.send_message(QueueUrl=queue, MessageBody=message.body, MessageAttributes=attributes)
    return receipt_id


def outcomes(data: dict[str, Any]) -> dict[str, str]:
    """Return the outcome of each replayed event."""
    return {each["receipt_id"]: each["outcome"] for each in data["replay"]["outcomes"]}


@exercises(Advice.fix_and_replay, Advice.subscribe_first)
def test_f74_a_deleted_topic_is_recreated_and_replayed_once_it_has_subscribers(site: Advised) -> None:
    """A message to the new topic would reach nobody, so only a person can say that the replay need not wait."""
    arn = f"{site.outputs['TopicArnPrefix']}loan-returned"
    site.aws.sns.delete_topic(TopicArn=arn)
    waiting, asked = (site.dead(event("LOAN", "LOAN_RETURNED", id=name)) for name in ("1", "1b"))
    assert "dead-letters fix" in site.next_after(waiting)
    data = fixed(site, waiting, code=1)
    assert [each["is_fixed"] for each in data["restored"]["repaired"]] == [True]
    [left] = data["left"]
    assert (data["replay"], left["ids"]) == (None, [waiting])
    site.aws.sns.delete_topic(TopicArn=arn)
    printed = on_terminal(site, "no editor", *shlex.split(site.next_after(asked))[1:3], asked)
    assert "No subscription to loan-returned was found, so a message may reach nobody. Replay now?" in printed
    assert f"{asked}  delivered to loan-returned" in printed
    queue = site.outputs["QueueUrl"].rpartition("/")[2]
    site.aws.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:{queue}-copy")
    [printed] = site.follow(left["next"], Advice.subscribe_first)
    assert f"{waiting}  delivered to loan-returned" in printed


def test_f74_a_disabled_mapping_and_a_lost_policy_are_restored_before_the_replay(site: Advised) -> None:
    """An event that failed temporarily is delivered then."""
    [mapping] = site.aws.functions.list_event_source_mappings(FunctionName=site.outputs["ProcessorFunctionName"])[
        "EventSourceMappings"
    ]
    site.aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    queue = site.outputs["DeadLetterQueueUrl"]
    site.aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    id_ = put(site, "transient-1", event("LOAN", "LOAN_RETURNED", id="2"), **{"class": "transient", "reason": "busy"})
    data = fixed(site, id_)
    assert all(each["is_fixed"] for each in data["restored"]["repaired"])
    assert len(data["restored"]["repaired"]) == 2
    assert (outcomes(data), data["left"]) == ({id_: "delivered"}, [])
    assert "Policy" in site.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]


def test_f74_the_failing_line_is_opened_tested_deployed_and_replayed(site: Advised, tmp_path: Path) -> None:
    """On a terminal everything is asked for: the plan, and each change set."""
    receipt_id = site.dead(event("LOAN", "LOAN_LOST", id="3"))
    editor = tmp_path / "editor.py"
    editor.write_text(EDITOR, "utf-8")
    printed = on_terminal(site, f"{sys.executable} {editor}", "dead-letters", "fix", receipt_id)
    place = re.search(r"opening \S+routes\.yaml:(\d+)", printed)
    assert place, printed
    assert "1 event: 1 ok" in printed
    assert "Apply these changes to alma-fixed?" in printed
    assert f"{receipt_id}  delivered to loan-lost" in printed


def on_terminal(site: Advised, editor: str, *words: str) -> str:
    """Run a command on a terminal, answer yes to all its questions, and return what it printed."""
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "EDITOR": editor, "COLUMNS": "300", **site.project.environment}
    command = [sys.executable, "-c", "from scripts.main import main; main()", *words, *site.options.split()]
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment
    )
    os.close(theirs)
    os.write(ours, b"y\n" * 9)
    printed = b""
    while part := _read(ours):
        printed += part
    os.close(ours)
    assert process.wait() == 0, printed.decode()
    return printed.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other side was closed
        return b""


@exercises(Advice.change_at)
def test_f74_without_a_terminal_the_line_is_printed_and_a_second_run_deploys(site: Advised) -> None:
    """The first run changes nothing; after the printed change the second one deploys it and replays."""
    receipt_id = site.dead(event("ITEM", "ITEM_CREATED", id="4"))
    [left] = fixed(site, receipt_id, code=1)["groups"]
    assert (left["action"], left["class"]) == ("change-route", "no-target")
    assert re.search(r"routes\.yaml:\d+$", left["place"])
    site.project.add_topic("x-item-created")
    [printed] = site.follow(left["next"], Advice.change_at)
    assert f"{receipt_id}  delivered to x-item-created" in printed


def test_f74_a_missing_right_is_printed_as_a_statement_and_nothing_is_sent(site: Advised) -> None:
    """The statement names the processor's role; the dead letter stays."""
    cause = {"class": "refused", "reason": "AWS returned AuthorizationError"}
    id_ = put(site, "denied-1", event("LOAN", "LOAN_RETURNED", id="5"), **cause)
    [left] = fixed(site, id_, code=1)["groups"]
    role = site.aws.functions.get_function_configuration(FunctionName=site.outputs["ProcessorFunctionName"])["Role"]
    assert left["statement"] == {
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": ["sns:Publish"],
        "Resource": f"{site.outputs['TopicArnPrefix']}loan-returned",
    }
    assert site.next_after(id_, code=0).startswith("alma-webhooks dead-letters fix")


@exercises(Advice.check_refused)
def test_f74_a_target_that_refused_for_a_reason_that_is_not_recorded_is_left(site: Advised) -> None:
    """Only people can say that it would not refuse again; then a replay delivers."""
    others = [{"class": "refused", "route": "good", "target": "topic:loan-returned"}]
    cause = {"class": "template", "route": "removed", "target": "", "others": others}
    id_ = put(site, "refused-1", event("LOAN", "LOAN_RETURNED", id="refused"), **cause)
    [left] = fixed(site, id_, code=1)["groups"]
    assert (left["action"], left["class"], left["target"]) == ("none", "refused", "topic:loan-returned")
    [printed] = site.follow(left["next"], Advice.check_refused)
    assert f"{id_}  delivered to loan-returned" in printed


def test_f74_routes_that_differ_from_the_samples_are_not_deployed(site: Advised) -> None:
    """Neither are those whose deployment removes a topic; the other dead letters are replayed all the same."""
    failing, good = site.dead(event("BIB", "BIB_CREATED", id="7", text="x" * 300_000)), "transient-2"
    put(site, good, event("LOAN", "LOAN_RETURNED", id="8"), **{"class": "transient", "reason": "busy"})
    site.project.add_topic("unused")
    site.changed()
    site.project.topics = [topic for topic in site.project.topics if topic != "unused"]
    site.project.replace_route("large", deliver=[{"state_machine": "pod", "input": {"id": "{{ id }}"}}])
    index = site.project.path / "events" / "index.yaml"
    index.write_text(INDEX.replace("route: good", "route: other"), "utf-8")
    data = fixed(site, failing, good, code=1)
    assert (outcomes(data), [group["ids"] for group in data["left"]]) == ({good: "delivered"}, [[failing]])
    index.write_text(INDEX, "utf-8")
    words = ("dead-letters", "fix", failing, *site.options.split(), "--yes")
    done = run(*words, environment=site.project.environment)
    assert "The routes were not deployed" in done.stderr
    assert "--allow-removal unused" in done.stderr
    assert site.next_after(failing)  # it is still there


@exercises(Advice.too_old)
def test_f74_what_only_people_can_decide_is_left(site: Advised) -> None:
    """A body that is not an event, and an event that may have been delivered long ago, until people replay it."""
    poison = site.dead(b"{no event")
    old = put(site, "old-1", event("LOAN", "LOAN_RETURNED", id="6"), **{"class": "too-old", "reason": "old"})
    data = fixed(site, poison, old, code=1)
    assert {group["class"]: group["action"] for group in data["groups"]} == {"not-parsed": "none", "too-old": "none"}
    assert all("dead-letters discard" in group["next"] for group in data["groups"])
    [fix] = [group["next"] for group in data["groups"] if group["class"] == "too-old"]
    [printed] = site.follow(fix, Advice.too_old)
    assert f"{old}  delivered to loan-returned" in printed
