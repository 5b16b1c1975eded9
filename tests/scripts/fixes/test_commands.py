"""`dead-letters fix` without a stack to restore: what it asks, sends and leaves. AWS is in process."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.cli.exit_codes import CommandError, FailedError, RejectedError
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from tests.canary import sung
from tests.samples import body_of
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.dead_letters.queues import CAUSE, Queues, loan
from tests.scripts.fixes.dead import DENIED
from tests.scripts.stack_logs import INGEST, PROCESSOR

Command = Callable[..., Result]


@pytest.fixture
def fix(dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Run `alma-webhooks dead-letters fix …` on a stack with targets and routes."""
    for group in (INGEST, PROCESSOR):
        queues.aws.logs.create_log_group(logGroupName=group)
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created", "loan-lost"]))
    names = {"IngestLogGroupName": INGEST, "ProcessorLogGroupName": PROCESSOR, "ProcessorFunctionName": "processor"}
    scope = scope._replace(stack=scope.stack._replace(outputs=scope.stack.outputs | names))
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    monkeypatch.setattr("scripts.fixes.service.all_faults", lambda _: [])  # there is no stack in process
    yield lambda *words, answer="": CliRunner().invoke(app, ["dead-letters", "fix", *words], input=answer)
    assert queues.dead_letters.depth().all <= 2  # nothing is ever added


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


def test_without_a_terminal_it_is_a_dry_run(fix: Command, queues: Queues) -> None:
    """Each group has its action; nothing is sent."""
    queues.put(receipt_id="r1")
    queues.put(b"poison", receipt_id="r2")
    result = fix()
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "     1  not-parsed: not done: you decide",
        "        next: alma-webhooks dead-letters edit r2 --stage dev, or: alma-webhooks dead-letters discard r2 "
        "--stage dev",
        "     1  transient, route loans, target topic:loan-created: replay",
        "dry run: pass --yes to apply",
    ]
    assert queues.dead_letters.depth() == Depth(2, 0)


def test_nothing_to_fix_is_no_failure(fix: Command) -> None:
    """Unlike an ID that is not found."""
    assert (fix("--yes").exit_code, fix().stdout) == (0, "No dead letters.\n")
    assert ended(fix("r9"), FailedError) == "1 ID not found among the dead letters."


@pytest.mark.parametrize("words", [[], ["--yes"]])
def test_what_cannot_be_fixed_here_is_a_failure_with_its_next_step(
    fix: Command, queues: Queues, words: list[str]
) -> None:
    """Of a missing right the output has the statement."""
    queues.put(receipt_id="r1", failure=CAUSE | {"class": "refused", "reason": DENIED})
    result = fix(*words)
    assert ended(result, FailedError) == "Nothing can be fixed here; see the next steps above."
    assert '"sns:Publish"' in result.stdout
    assert "then alma-webhooks dead-letters replay r1 --stage dev --yes --wait" in result.stdout
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_yes_replays_what_would_be_delivered_and_leaves_the_rest(fix: Command, queues: Queues) -> None:
    """An event without an outcome in time is a failure too, which names the command to follow it."""
    queues.put(receipt_id="r1")
    queues.put(b"poison", receipt_id="r2")
    result = fix("--yes", "--output=json")
    assert "alma-webhooks trace r1 --follow --stage dev" in ended(result, FailedError)
    data = data_of(result)
    assert (data["replay"]["sent"], [group["ids"] for group in data["left"]]) == (1, [["r2"]])
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_the_answer_no_changes_nothing(fix: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked on a terminal."""
    queues.put(receipt_id="r1")
    monkeypatch.setattr("scripts.fixes.commands.can_ask", lambda: True)
    assert ended(fix(answer="n\n"), RejectedError) == "Nothing was changed."
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_a_route_is_not_changed_without_a_project(
    fix: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The output says how to name the folder. Without a terminal nothing could be done about a route."""
    queues.put(loan(event="LOAN_DUE_DATE"), receipt_id="r1")
    assert ended(fix("--yes"), FailedError) == "Nothing can be fixed here; see the next steps above."
    monkeypatch.setattr("scripts.fixes.commands.can_ask", lambda: True)
    result = fix(answer="y\n")
    assert ended(result, FailedError) == "1 left; see the next steps above."
    assert "pass --project FOLDER" in result.stderr


def test_filters_select_and_f22_no_body_is_printed(fix: Command, queues: Queues) -> None:
    """As those of the other commands."""
    queues.put(body_of("loan-created"), receipt_id="r1")
    queues.put(b"poison", receipt_id="r2")
    result = fix("--event=LOAN_CREATED", "--output=json")
    assert [group["ids"] for group in data_of(result)["groups"]] == [["r1"]]
    assert sung(result.output) == set()
