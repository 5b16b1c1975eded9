"""The command `routes diff`: its output, where its events come from, and its exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scripts.alma_client.samples import load_all
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from scripts.project.folder import EXAMPLE
from scripts.route_diff.commands import deployed_word
from tests.scripts.aws.targets import ROUTES, with_routes, with_targets
from tests.scripts.dead_letters.queues import Queues, loan

SHIPPED = str(EXAMPLE / "routes.yaml")
NARROWED = (EXAMPLE / "routes.yaml").read_text("utf-8").replace("[LOAN_CREATED, ", "[")
CANARY = "c4n4ry"

Command = Callable[..., Result]


@pytest.fixture
def narrowed(tmp_path: Path) -> str:
    """The shipped routes, in which only the fallback takes new loans."""
    (tmp_path / "narrowed.yaml").write_text(NARROWED)
    return str(tmp_path / "narrowed.yaml")


@pytest.fixture
def command(dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `routes diff` with a stack that has deployed ROUTES."""
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created", "loan-lost"]))
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    return diff


def diff(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["routes", "diff", *arguments], input=given)


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def test_the_events_that_differ_are_printed(narrowed: str) -> None:
    """By default they are the samples, and the new file is the project's; the exit code is 0 without --exit-code."""
    result = diff(narrowed)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "differs  loan-created  LOAN_CREATED",
        "         - topic:other by route other (fallback)",
        "         + topic:loan-created by route loans",
        "differs  loan-created-xml  LOAN_CREATED",
        "         - topic:other by route other (fallback)",
        "         + topic:loan-created by route loans",
        f"{len(load_all())} events: {len(load_all()) - 2} equal, 2 differ",
    ]
    assert result.stderr.count("the shipped example") == 1


def test_equal_files_are_one_line() -> None:
    """The line has the number of events, so that none is not taken for no difference."""
    result = diff(SHIPPED, SHIPPED, "--exit-code")
    assert (result.exit_code, result.stdout) == (
        0,
        f"No event is delivered differently ({len(load_all())} events compared)\n",
    )


def test_the_exit_code_is_that_of_a_plan_with_changes(narrowed: str) -> None:
    """JSON has the same facts."""
    result = diff(SHIPPED, narrowed, "--exit-code", "--output=json")
    assert result.exit_code == 4
    data = json.loads(result.stdout)
    assert (data["compared"], data["differ"], data["not_compared"]) == (len(load_all()), 2, [])
    assert data["events"][0]["removed"] == [{"route": "loans", "target": "topic:loan-created", "fallback": False}]


def test_standard_input_and_a_folder_of_events_can_be_compared(narrowed: str, tmp_path: Path) -> None:
    """As `git show HEAD:routes.yaml` writes it; no project is needed for it."""
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "mine.json").write_bytes(loan())
    folder = f"--samples={tmp_path / 'events'}"
    result = diff("-", narrowed, folder, given=Path(SHIPPED).read_text("utf-8"))
    assert result.stdout.splitlines()[0] == "differs  mine.json  LOAN_CREATED"
    assert result.stdout.splitlines()[-1] == "1 event: 1 differs"
    assert result.stderr == ""


def test_the_stage_is_that_of_the_flag(tmp_path: Path) -> None:
    """A marker of one stage changes the events of that stage only."""
    changed = tmp_path / "changed.yaml"
    changed.write_text(Path(SHIPPED).read_text("utf-8").replace("prod: {marker: prod}", "prod: {marker: Dev1}"))
    assert diff(SHIPPED, str(changed), "--exit-code").exit_code == 0
    result = diff(SHIPPED, str(changed), "--stage=prod", "--exit-code")
    assert result.exit_code == 4
    assert "outcome delivered, was ignored" in result.stdout


def test_dead_letters_are_compared_and_stay(command: Command, queues: Queues, tmp_path: Path) -> None:
    """Their bodies are not shown; the deployed routes are a side."""
    body = json.loads(loan()) | {"title": CANARY}
    queues.put(json.dumps(body).encode(), receipt_id="r1")
    queues.put(loan(event="LOAN_LOST"), receipt_id="r2")
    new = tmp_path / "new.yaml"
    new.write_text("topics: [loan-created, loan-lost]\n" + ROUTES.replace("[LOAN_CREATED]", "[LOAN_RENEWED]"))
    arguments = ("deployed", str(new), "--dead-letters", "--exit-code")
    result = command(*arguments)
    assert result.exit_code == 4
    assert result.stdout.splitlines() == [
        "differs  r1  LOAN_CREATED",
        "         - topic:loan-created by route a",
        "         + topic:loan-created by route b (fallback)",
        "2 events: 1 equal, 1 differs",
    ]
    assert queues.dead_letters.depth() == Depth(2, 0)
    result = command(*arguments, "--output=json")
    assert result.exit_code == 4
    assert CANARY not in result.output


def test_a_dead_letter_that_cannot_be_read_fails_the_command(command: Command, queues: Queues) -> None:
    """The others are compared all the same."""
    queues.put(loan(), receipt_id="r1")
    queues.put_message("x", {"receipt_id": "r2"})
    arguments = ("deployed", "deployed", "--dead-letters")
    result = command(*arguments)
    assert result.stdout == "No event is delivered differently (1 event compared)\n"
    assert ended(result, FailedError) == "1 dead letter was not compared, because the envelope cannot be read: r2."
    for number in range(5):
        queues.put_message("x", {"receipt_id": f"x{number}"})
    result = command(*arguments)
    assert ended(result, FailedError).startswith("6 dead letters were not compared, because")
    assert str(result.exception).endswith(" and 1 other.")


def test_flags_that_contradict_each_other_are_rejected(tmp_path: Path) -> None:
    """Nothing is read."""
    result = diff("none.yaml", "none.yaml", f"--samples={tmp_path}", "--dead-letters")
    assert ended(result, ConfigurationError) == "--samples and --dead-letters exclude each other; pass one of them."


def test_names_from_outside_are_escaped(tmp_path: Path) -> None:
    """An event moves no cursor."""
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "\x1b[2J.json").write_bytes(loan())
    (tmp_path / "narrowed.yaml").write_text(NARROWED)
    result = diff(SHIPPED, str(tmp_path / "narrowed.yaml"), f"--samples={tmp_path / 'events'}")
    assert "\x1b" not in result.stdout
    assert "differs  \\x1b[2J.json" in result.stdout


def test_the_word_for_the_deployed_file_is_completed() -> None:
    """Shells complete files for anything else."""
    assert deployed_word("dep") == ["deployed"]
    assert deployed_word("routes") == []
