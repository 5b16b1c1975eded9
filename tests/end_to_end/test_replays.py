"""Replay and edit on the emulator, as an operator runs them: each target is served once, unless it is asked for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.cli.signals import Interrupts
from scripts.local.observe import subscribed
from tests.end_to_end.running import Running
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_deliveries import seen_at
from tests.end_to_end.test_events import fresh
from tests.samples import body_of
from tests.scripts.command import run


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack of a run of its own, in which nobody else has dead letters."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run, watched(run) as stack:
        yield stack


def operator(stack: Stack, *arguments: str) -> dict[str, Any]:
    """What a command on the dead letters says when it does its work."""
    done = run("dead-letters", *arguments, f"--endpoint-url={stack.facts['endpoint_url']}", "--output=json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("account 000000000000, region us-east-1, stage dev, stack alma-webhooks-dev\n")
    return dict(json.loads(done.stdout))


def test_f40_a_replay_serves_a_target_once_and_a_redelivery_once_more(stack: Stack) -> None:
    """The repaired topic gets the event; the same dead letter again is a duplicate; asked for again, one more comes."""
    aws, topic = stack.aws, {"loan-lost": stack.facts["topics"]["loan-lost"]}
    aws.sns.delete_topic(TopicArn=topic["loan-lost"])
    receipt_id = stack.accepted(fresh(body_of("loan-lost")))
    assert stack.outcome(receipt_id)["outcome"] == "dead"
    dead_letter = stack.dead_letter(receipt_id)
    aws.sns.create_topic(Name=topic["loan-lost"].rpartition(":")[2])
    seen = 0
    with subscribed(aws, topic, Interrupts()) as repaired:
        for flags, outcome in (
            ([], "delivered"),
            ([], "duplicate"),
            (["--redeliver"], "delivered"),
            (["--redeliver"], "duplicate"),
        ):
            put(stack, dead_letter)
            assert operator(stack, "replay", receipt_id, *flags)["would_send"] == 1
            del stack.log.outcomes[receipt_id]
            done = operator(stack, "replay", receipt_id, *flags, "--yes")
            assert (done["sent"], done["deleted"]) == (1, 1)
            assert stack.outcome(receipt_id)["outcome"] == outcome
            seen += outcome == "delivered"
            assert seen_at(repaired, "loan-lost", receipt_id) == seen


def put(stack: Stack, dead_letter: dict[str, Any]) -> None:
    """Puts a dead letter back on its queue, as if it had never been replayed."""
    attributes: Any = {
        name: {"DataType": "String", "StringValue": text} for name, text in dead_letter["attributes"].items()
    }
    queue = stack.facts["dead_letter_queue_url"]
    stack.aws.sqs.send_message(QueueUrl=queue, MessageBody=dead_letter["body"], MessageAttributes=attributes)


def test_an_edited_dead_letter_arrives_as_the_event_that_it_was(stack: Stack, tmp_path: Path) -> None:
    """Poison, corrected: one message at the topic, with the poison's identity; the poison is in the export."""
    receipt_id = stack.accepted(b'{"action": "LOAN", ', "application/octet-stream")
    dead = stack.outcome(receipt_id)
    assert dead["failure"]["class"] == "not-parsed"
    file = tmp_path / "corrected.json"
    file.write_bytes(fresh(body_of("loan-created")))
    arguments = ["edit", receipt_id, f"--with={file}", f"--export={tmp_path / 'original.jsonl'}"]
    planned = operator(stack, *arguments)
    assert planned["deliveries"] == [{"route": "loans", "target": "topic:loan-created"}]
    del stack.log.outcomes[receipt_id]
    assert operator(stack, *arguments, "--yes")["sent"] == 1
    line = stack.outcome(receipt_id)
    assert (line["outcome"], line["identity"]) == ("delivered", planned["identity"])
    [seen] = stack.sightings(receipt_id)
    assert (seen.topic, seen.body, seen.attributes["identity"]) == ("loan-created", file.read_bytes(), line["identity"])
    assert "LOAN" in json.loads((tmp_path / "original.jsonl").read_text("utf-8"))["body"]["text"]
