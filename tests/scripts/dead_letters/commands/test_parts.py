"""The `dead-letters` commands with the queue of a part: what they print, change and leave alone. AWS is moto."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import CommandError, ConfigurationError, RejectedError
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from tests.scripts.dead_letters.parted import STACK, PartQueues, show_part, with_part
from tests.scripts.dead_letters.queues import Queues, audited, loan

Command = Callable[..., Result]
DIGEST = "0" * 64
LOAN = loan().decode()


@pytest.fixture
def parted(aws: Aws) -> PartQueues:
    """The queue `loans` of a part, empty."""
    return PartQueues.made(aws)


@pytest.fixture
def command(dead_letters: DeadLetterStore, parted: PartQueues, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks dead-letters … --queue loans`."""
    show_part(monkeypatch, parted.output)
    scope = with_part(dead_letters.scope)
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    return lambda *arguments, queue="loans": CliRunner().invoke(app, ["dead-letters", *arguments, f"--queue={queue}"])


def ended(result: Result, kind: type[CommandError]) -> str:
    """Return the message of the error with which a command ended."""
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    """Return the JSON output."""
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_list_has_the_events_that_a_topic_published(command: Command, parted: PartQueues, queues: Queues) -> None:
    """Dead letters of webhooks are on another queue and are not listed; a filter judges the event."""
    queues.put()
    parted.put(LOAN)
    parted.put('{"user_id": "p-1"}', receipt_id="r2")
    data = data_of(command("list", "--output=json"))
    assert (data["stack"], data["matching"]) == (STACK, 2)
    assert {(each["queue"], each["id"], each["event"]) for each in data["dead_letters"]} == {
        ("loans", "r1", "LOAN_CREATED"),
        ("loans", "r2", None),
    }
    assert data_of(command("list", "--event=LOAN_CREATED", "--output=json"))["matching"] == 1


def test_show_has_cause_and_identity_and_hides_the_body(command: Command, parted: PartQueues) -> None:
    """A body that is not an event is no problem, and its values stay hidden."""
    parted.put('{"user_id": "p-1"}', identity=DIGEST)
    text = command("show", "r1").stdout
    assert "transient: the table throttled" in text
    assert f"identity    {DIGEST}" in text
    assert "p-1" not in text


def test_show_says_that_the_function_crashed(command: Command, parted: PartQueues) -> None:
    """SQS moved the message: there is no cause."""
    parted.put(LOAN, failure="")
    assert "the function behind the queue loans wrote no cause" in " ".join(command("show", "r1").stdout.split())


def test_replay_sends_the_message_back_to_the_queue_of_the_part(command: Command, parted: PartQueues) -> None:
    """The dry run sends nothing. The attributes of the topic stay, and the audit names the queue."""
    parted.put(LOAN, identity=DIGEST, action="LOAN")
    assert "the function behind the queue decides" in " ".join(command("replay", "--all").stdout.split())
    assert parted.replayed() == []
    assert command("replay", "--all", "--yes").exit_code == 0
    [(body, attributes)] = parted.replayed()
    assert (body, attributes["identity"], attributes["action"]) == (LOAN, DIGEST, "LOAN")
    assert "failure" not in attributes
    assert json.loads(attributes["replay"])["count"] == 1
    assert data_of(command("list", "--output=json"))["matching"] == 0
    assert {line["queue"] for line in audited(parted.queues.aws)} == {"loans"}


def test_what_is_exported_can_be_imported_to_that_queue_only(
    command: Command, parted: PartQueues, tmp_path: Path
) -> None:
    """Discard exports; the file names the queue; the webhook queue does not take it."""
    parted.put(LOAN, identity=DIGEST)
    file = tmp_path / "discarded.jsonl"
    assert command("discard", "--all", f"--export={file}", "--count=1").exit_code == 0
    line = json.loads(file.read_text())
    assert (line["format"], line["queue"]) == ("alma-webhooks-part-dead-letter", "loans")
    assert "import it with --queue loans" in command("import", str(file), "--yes", queue="webhooks").output
    assert command("import", str(file), "--yes").exit_code == 0
    assert data_of(command("list", "--output=json"))["matching"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["explain", "r1"], "dead-letters explain knows routes and notifications, but not the function"),
        (["edit", "r1", "--with=body.json"], "dead-letters edit knows routes"),
        (["fix", "r1"], "dead-letters fix knows routes"),
        (["replay", "--all", "--yes", "--redeliver"], "--redeliver is about targets, which the queue loans does not"),
        (["replay", "--all", "--yes", "--wait"], "--wait reads the logs of the processor and of the sender"),
    ],
)
def test_what_needs_to_know_the_function_is_rejected(command: Command, arguments: list[str], sentence: str) -> None:
    """One sentence says what to do instead."""
    assert sentence in ended(command(*arguments), ConfigurationError)


def test_an_unknown_queue_is_an_error_with_the_known_names(command: Command) -> None:
    """The names are those of the stack."""
    assert "pass one of webhooks, notifications, loans" in ended(command("list", queue="lones"), ConfigurationError)


def test_what_cannot_be_a_name_is_a_usage_error(command: Command) -> None:
    """AWS is not asked."""
    result = command("list", queue="Loans!")
    assert (result.exit_code, "is not the name of a queue" in result.output) == (2, True)


def test_a_body_in_s3_is_shown_as_a_problem_and_not_lost(command: Command, parted: PartQueues) -> None:
    """Topics publish a pointer to a large body; a replay sends the pointer back."""
    parted.put('["software.amazon.payloadoffloading.PayloadS3Pointer", {}]', encoding="s3")
    assert "The message's body is in S3" in " ".join(command("show", "r1").stdout.split())
    assert command("replay", "--all", "--yes").exit_code == 0
    assert len(parted.replayed()) == 1


def test_queues_that_do_not_belong_together_are_rejected(command: Command, parted: PartQueues) -> None:
    """A redrive policy that names another queue would bring messages to a place that nobody looks at."""
    parted.queues.aws.sqs.set_queue_attributes(QueueUrl=parted.queues.webhooks_url, Attributes={"RedrivePolicy": ""})
    parted.put(LOAN)
    assert "is not the dead-letter queue of" in ended(command("replay", "--all", "--yes"), RejectedError)
