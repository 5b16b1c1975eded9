"""`dead-letters edit` without --with: the editor, its private file, and what follows."""

import json
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError, RejectedError
from scripts.dead_letters.commands.editor import edited
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.dead_letters.queues import Queues, audited, loan
from tests.scripts.dead_letters.test_replay import arrived

ROUTES = """stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: a, when: {action: [LOAN]}, deliver: [{topic: loan-created}]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files, in which nothing must be left."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield temporary
    assert list(temporary.iterdir()) == []


@pytest.fixture
def editor(tmp_path: Path) -> Callable[..., list[str]]:
    """Return an editor that runs these lines of Python; `path` is the file."""

    def made(*lines: str) -> list[str]:
        script = tmp_path / "editor.py"
        script.write_text("\n".join(("import sys, os, pathlib", "path = pathlib.Path(sys.argv[1])", *lines)), "utf-8")
        return [sys.executable, str(script)]

    return made


def test_json_is_shown_indented_in_a_private_file(editor: Callable[..., list[str]], tmp_path: Path) -> None:
    """Only its owner can read it and its folder; what the editor puts beside it is deleted too."""
    seen = tmp_path / "seen"
    lines = (
        f"seen = pathlib.Path({str(seen)!r})",
        "seen.write_text(f'{path.stat().st_mode:o} {path.parent.stat().st_mode:o}\\n' + path.read_text())",
        "pathlib.Path(f'{path}~').write_text('backup')",
        "path.write_text(path.read_text().replace('LOAN_CREATED', 'LOAN_LOST'))",
    )
    body = edited(loan(), editor(*lines))
    modes, _, text = seen.read_text("utf-8").partition("\n")
    assert [stat.S_IMODE(int(mode, 8)) for mode in modes.split()] == [0o600, 0o700]
    assert text == json.dumps(json.loads(loan()), indent=2) + "\n"
    assert body
    assert json.loads(body) == json.loads(loan(event="LOAN_LOST"))


@pytest.mark.parametrize("body", [loan(), b"poison \xff"])
def test_an_unchanged_file_is_no_edit(editor: Callable[..., list[str]], body: bytes) -> None:
    """Although JSON was indented."""
    assert edited(body, editor("")) is None


def test_an_invalid_body_can_be_edited_again(
    editor: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was typed is still there."""
    answers = iter([True])
    monkeypatch.setattr("typer.confirm", lambda *_, **__: next(answers))
    lines = ("text = path.read_text()", "path.write_text('{\"action\": \"LOAN\"' + ('}' if text[0] == '{' else ''))")
    assert edited(b"poison", editor(*lines)) == b'{"action": "LOAN"}'
    assert capsys.readouterr().err.startswith("This is not an event: ")


def test_an_invalid_body_can_be_given_up(editor: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is changed then."""
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    with pytest.raises(RejectedError, match="Nothing was changed"):
        edited(b"poison", editor("path.write_text('{')"))


def test_an_editor_that_fails_changes_nothing(editor: Callable[..., list[str]]) -> None:
    """Such as one that the user leaves with an error, one that deletes the file, or one that is missing."""
    with pytest.raises(FailedError, match="failed with exit code 3"):
        edited(loan(), editor("path.write_text('x')", "sys.exit(3)"))
    with pytest.raises(FailedError, match="cannot be read"):
        edited(loan(), editor("path.unlink()"))
    with pytest.raises(ConfigurationError, match="The editor /nowhere/vi cannot be started"):
        edited(loan(), ["/nowhere/vi"])


def run_edit(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["dead-letters", "edit", *arguments], input=answer)


def test_without_a_terminal_it_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before AWS is asked for anything."""
    monkeypatch.setenv("EDITOR", "vi")
    error = run_edit("r1").exception
    assert isinstance(error, ConfigurationError)
    assert str(error) == "No terminal to open an editor on: pass the corrected body as --with FILE."


@pytest.fixture
def stack(dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack with a topic and a route to it."""
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created"]), ROUTES)
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)


def use(editor: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.dead_letters.commands.edit.editor_command", lambda _: editor)


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(("arguments", "answer"), [(["--yes"], ""), ([], "y\n")])
def test_the_edited_body_is_replayed(
    queues: Queues,
    editor: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    answer: str,
) -> None:
    """With --yes, or after the plan and a confirmation."""
    use(editor("path.write_text(path.read_text().replace('1', '2'))"), monkeypatch)
    queues.put(loan(1))
    result = run_edit("r1", *arguments, answer=answer)
    assert result.exit_code == 0, result.output
    assert ("deliver  topic:loan-created by route a" in result.stdout) is bool(answer)
    assert "1 replayed\n" in result.stdout
    [message] = arrived(queues)
    assert json.loads(message["body"]) == json.loads(loan(2))
    assert "revealed" in [line["message"] for line in audited(queues.aws)]


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(("change", "answer"), [("", ""), ("path.write_text(path.read_text() + ' ')", "n\n")])
def test_an_unchanged_or_declined_edit_changes_nothing(
    queues: Queues, editor: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, change: str, answer: str
) -> None:
    """The dead letter stays, and no file is left."""
    use(editor(change), monkeypatch)
    queues.put(loan(1))
    result = run_edit("r1", answer=answer)
    assert result.exit_code == 0, result.output
    assert ("Nothing was changed: the body is the same." in result.stderr) is not bool(answer)
    assert (queues.dead_letters.depth(), arrived(queues)) == (Depth(1, 0), [])


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("id_", ["gone", "r2"])
def test_a_dead_letter_that_cannot_be_edited_is_named(
    queues: Queues, editor: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, id_: str
) -> None:
    """No editor is opened: there is none with this ID, or its envelope cannot be read."""
    use(editor("sys.exit(3)"), monkeypatch)
    queues.put_message("x", {"receipt_id": "r2", "envelope_version": "99"})
    error = run_edit(id_).exception
    assert isinstance(error, CommandError)
    assert id_ in str(error)
    assert "exit code" not in str(error)
