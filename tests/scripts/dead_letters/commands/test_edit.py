"""The command `dead-letters edit`: its output and exit codes. AWS is in process."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError, RejectedError, StoppedError
from scripts.dead_letters.queues import DeadLetterQueue, Depth, Handles, SourceQueue
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.dead_letters.queues import LOCKS, Queues, audited, loan
from tests.scripts.dead_letters.test_replay import arrived
from tests.scripts.scope_line import SCOPE_LINE

Command = Callable[..., Result]
ROUTES = """stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: a, when: {action: [LOAN]}, deliver: [{topic: "{{ event.value | slug }}"}]}
"""


@pytest.fixture
def edit(dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Run `alma-webhooks dead-letters edit …` in a new folder, where body.json is a corrected loan."""
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created"]), ROUTES)
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    monkeypatch.chdir(tmp_path)
    Path("body.json").write_bytes(loan())
    return lambda *arguments: CliRunner().invoke(app, ["dead-letters", "edit", *arguments])


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def test_without_yes_the_targets_are_printed_and_nothing_is_changed(edit: Command, queues: Queues) -> None:
    """The plan uses the current routes, and nothing is exported."""
    queues.put(b"poison", receipt_id="r1")
    result = edit("r1", "--with=body.json")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == [
        "deliver  topic:loan-created by route a, unless it has the event",
        f"dry run: would replay r1 with {len(loan())} bytes; pass --yes to apply",
    ]
    assert result.stderr.startswith(SCOPE_LINE)
    assert (queues.dead_letters.depth(), arrived(queues), audited(queues.aws)) == (Depth(1, 0), [], [])
    assert list(Path().iterdir()) == [Path("body.json")]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b'{"action": "JOB_END"}', "ignored  no route matches this event"),
        (loan(event="LOAN_LOST"), "dead     no-target: the stack has no topic loan-lost"),
    ],
)
def test_a_correction_that_does_not_help_is_reported(edit: Command, queues: Queues, body: bytes, line: str) -> None:
    """It would be ignored, or fail again."""
    Path("body.json").write_bytes(body)
    queues.put(b"poison")
    assert edit("r1", "--with=body.json").stdout.splitlines()[0] == line


def test_the_json_plan_has_no_body(edit: Command, queues: Queues) -> None:
    """It has the targets and the event."""
    queues.put(b"poison")
    data: dict[str, Any] = json.loads(edit("r1", "--with=body.json", "--output=json").stdout)
    assert (data["dry_run"], data["action"], data["event"]) == (True, "LOAN", "LOAN_CREATED")
    assert data["deliveries"] == [{"route": "a", "target": "topic:loan-created"}]
    assert len(data["identity"]) == 64


def test_with_yes_it_is_replayed_and_the_original_is_kept(edit: Command, queues: Queues) -> None:
    """The original is in a default file, whose path is printed, or in the file that was passed."""
    for arguments in ([], ["--export=kept.jsonl"]):
        queues.put(b"poison")
        result = edit("r1", "--with=body.json", "--yes", *arguments)
        assert (result.exit_code, result.stdout) == (
            0,
            "1 replayed\n",
        )
        [notice] = [line for line in result.stderr.splitlines() if line.startswith("exporting the original to ")]
        file = Path(notice.removeprefix("exporting the original to "))
        assert json.loads(file.read_text("utf-8"))["body"]["text"] == "poison"
        assert (file.name == "kept.jsonl") is bool(arguments)
        [message] = arrived(queues)
        assert message["body"].encode() == loan()
        assert "alma-webhooks-dev" not in message["replay"]
        assert json.loads(message["replay"])["by"].startswith("arn:aws:")
    assert queues.dead_letters.depth() == Depth(0, 0)


def test_a_file_that_is_not_an_event_is_rejected_first(edit: Command, queues: Queues) -> None:
    """The exit code is 3 with the reason, and 2 for a missing file."""
    queues.put(b"poison")
    Path("body.json").write_text("{", "utf-8")
    assert "body.json is not an event" in ended(edit("r1", "--with=body.json", "--yes"), RejectedError)
    assert "nowhere cannot be read" in ended(edit("r1", "--with=nowhere"), ConfigurationError)
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_routes_that_are_wrong_are_named(edit: Command, queues: Queues) -> None:
    """The exit code is 2, because invalid routes explain nothing."""
    queues.put(b"poison")
    Path("routes.yaml").write_text("routes: 5", "utf-8")
    assert "routes.yaml: " in ended(edit("r1", "--with=body.json", "--routes=routes.yaml"), ConfigurationError)


@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_f41_an_unknown_dead_letter_is_reported(edit: Command, yes: list[str]) -> None:
    """The exit code is 1, and no lock is left."""
    assert "gone not found among" in ended(edit("gone", "--with=body.json", *yes), FailedError)


@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_f50_a_dead_letter_beyond_the_replay_limit_is_rejected(edit: Command, queues: Queues, yes: list[str]) -> None:
    """The exit code is 3 without --ignore-replay-limit."""
    queues.put(b"poison", replay={"count": 3})
    assert "--ignore-replay-limit" in ended(edit("r1", "--with=body.json", *yes), RejectedError)
    assert edit("r1", "--with=body.json", "--ignore-replay-limit", *yes).exit_code == 0
    assert len(arrived(queues)) == len(yes)


def test_f43_a_correction_that_was_not_sent_fails(
    edit: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 1, and the dead letter is unchanged."""
    queues.put(b"poison")
    monkeypatch.setattr(SourceQueue, "send", lambda *_: {0: "InternalError"})
    result = edit("r1", "--with=body.json", "--yes")
    assert ended(result, FailedError).startswith("The edit is incomplete")
    assert "1 not sent: InternalError" in result.stdout
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f46_ctrl_c_comes_before_the_send_or_after_the_delete(
    edit: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 130, the result is printed, and the lock is released."""
    delete = DeadLetterQueue.delete

    def interrupted(queue: DeadLetterQueue, handles: Handles) -> set[str]:
        signal.raise_signal(signal.SIGINT)
        return delete(queue, handles)

    monkeypatch.setattr(DeadLetterQueue, "delete", interrupted)
    queues.put(b"poison")
    result = edit("r1", "--with=body.json", "--yes")
    assert ended(result, StoppedError).startswith("Interrupted")
    assert result.stdout.startswith("1 replayed\n")
    assert queues.aws.dynamodb.scan(TableName=LOCKS)["Count"] == 0
    assert queues.dead_letters.depth() == Depth(0, 0)


def test_f46_an_interrupted_plan_has_changed_nothing(
    edit: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 130."""
    queues.put(b"poison")
    monkeypatch.setattr(DeadLetterQueue, "receive", lambda *_: signal.raise_signal(signal.SIGINT))
    assert "nothing changed" in ended(edit("r1", "--with=body.json"), StoppedError)


def test_f65_the_original_goes_to_the_users_state_folder(edit: Command, queues: Queues, state_home: Path) -> None:
    """Only its owner can read it, it is never in the current folder, and its path is printed."""
    queues.put(b"poison")
    result = edit("r1", "--with=body.json", "--yes")
    [file] = (state_home / "alma-webhooks" / "exports").iterdir()
    assert f"exporting the original to {file}\n" in result.stderr
    assert [path.stat().st_mode & 0o777 for path in (file, file.parent)] == [0o600, 0o700]
    assert list(Path().iterdir()) == [Path("body.json")]


@pytest.mark.parametrize("export", [[], ["--export=original.jsonl"]])
def test_f65_an_edit_that_sent_nothing_leaves_no_file(
    edit: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch, state_home: Path, export: list[str]
) -> None:
    """The original is still on the queue."""
    queues.put(b"poison")
    monkeypatch.setattr(SourceQueue, "send", lambda *_: {0: "InternalError"})
    ended(edit("r1", "--with=body.json", "--yes", *export), FailedError)
    files = [path for folder in (Path(), state_home) for path in folder.rglob("*") if path.is_file()]
    assert (files, queues.dead_letters.depth()) == ([Path("body.json")], Depth(1, 0))
