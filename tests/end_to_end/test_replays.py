"""The commands `replay` and `edit` on the emulator: each target is served once, unless --redeliver is passed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.cli.signals import Interrupts
from scripts.local.observe import subscribed
from tests.end_to_end.addresses import is_scope_line
from tests.end_to_end.running import Running
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_deliveries import seen_at
from tests.end_to_end.test_events import fresh
from tests.samples import body_of
from tests.scripts.command import run

pytestmark = pytest.mark.full  # replays the same dead letter several times


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a run for this module, so that there are no other dead letters."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run, watched(run) as stack:
        yield stack


def operator(stack: Stack, *arguments: str) -> dict[str, Any]:
    """Run a command on dead letters, require success, and return its JSON output."""
    completed = run("dead-letters", *arguments, f"--endpoint-url={stack.facts['endpoint_url']}", "--output=json")
    assert completed.returncode == 0, completed.stderr
    assert is_scope_line(completed.stderr.splitlines(keepends=True)[0])
    return dict(json.loads(completed.stdout))


def test_f40_a_replay_delivers_once_and_redeliver_once_more(stack: Stack) -> None:
    """A replay delivers to the fixed topic once, a second one is a duplicate, and --redeliver delivers once more."""
    aws, topic = stack.aws, {"loan-lost": stack.facts["topics"]["loan-lost"]}
    aws.sns.delete_topic(TopicArn=topic["loan-lost"])
    receipt_id = stack.accepted(fresh(body_of("loan-lost")))
    assert stack.outcome(receipt_id)["outcome"] == "dead"
    dead_letter = stack.dead_letter(receipt_id)
    aws.sns.create_topic(Name=topic["loan-lost"].rpartition(":")[2])
    seen = 0
    with subscribed(aws, topic, Interrupts()) as fixed:
        for flags, outcome in (
            ([], "delivered"),
            ([], "duplicate"),
            (["--redeliver"], "delivered"),
            (["--redeliver"], "duplicate"),
        ):
            put(stack, dead_letter)
            assert operator(stack, "replay", receipt_id, *flags)["would_send"] == 1
            del stack.log.outcomes[receipt_id]
            result = operator(stack, "replay", receipt_id, *flags, "--yes")
            assert (result["sent"], result["deleted"]) == (1, 1)
            assert stack.outcome(receipt_id)["outcome"] == outcome
            seen += outcome == "delivered"
            assert seen_at(fixed, "loan-lost", receipt_id) == seen


def put(stack: Stack, dead_letter: dict[str, Any]) -> None:
    """Put a dead letter back on its queue, as if it had never been replayed."""
    attributes: Any = {
        name: {"DataType": "String", "StringValue": text} for name, text in dead_letter["attributes"].items()
    }
    queue = stack.facts["dead_letter_queue_url"]
    stack.aws.sqs.send_message(QueueUrl=queue, MessageBody=dead_letter["body"], MessageAttributes=attributes)


def test_an_edited_dead_letter_is_delivered_with_its_identity(stack: Stack, tmp_path: Path) -> None:
    """An edited dead letter is delivered with the corrected body and its identity, and the original is exported."""
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
