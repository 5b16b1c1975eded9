"""The commands `dead-letters export`, `import` and `discard`: output, prompts and exit codes; AWS is in process.

tests/end_to_end/test_discard.py runs them as an operator does.
"""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from typer.testing import CliRunner, Result

from scripts.aws.exclusive import ChangeSession
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError, RejectedError, StoppedError
from scripts.dead_letters.commands import files
from scripts.dead_letters.discard import Discard
from scripts.dead_letters.export_file import ExportWriter
from scripts.dead_letters.import_ import Import
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from scripts.reconciliation.logs import Logs
from tests.scripts.dead_letters.queues import AUDIT, LOCKS, Queues, audited, loan
from tests.scripts.dead_letters.test_export_file import ids_in, put_large
from tests.scripts.scope_line import SCOPE_LINE

Command = Callable[..., Result]
FILE = Path("export.jsonl")


@pytest.fixture
def command(dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Run `alma-webhooks dead-letters …` in a folder of the test."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: dead_letters.scope)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["dead-letters", *arguments])


@pytest.fixture
def three(queues: Queues) -> Queues:
    """Three dead letters, the last one of a lost loan."""
    for number in range(3):
        queues.put(loan(number, "LOAN_LOST" if number == 2 else "LOAN_CREATED"), receipt_id=f"r{number}")
    return queues


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


def answering(monkeypatch: pytest.MonkeyPatch, answer: int | None) -> list[int]:
    """Type this at the prompt of a terminal, and return the counts that were asked for."""
    asked: list[int] = []

    def typed(dead_letters: int) -> int | None:
        asked.append(dead_letters)
        return answer

    monkeypatch.setattr(files, "_typed_count", typed)
    return asked


@pytest.mark.parametrize("name", ["export", "discard"])
def test_f42_an_empty_selection_never_means_all(command: Command, three: Queues, name: str) -> None:
    """The option --all cannot be combined with filters."""
    file = [str(FILE)] if name == "export" else []
    assert "pass IDs, filters or --all" in ended(command(name, *file), ConfigurationError)
    assert "--all selects every" in ended(command(name, *file, "r1", "--all"), ConfigurationError)
    assert not FILE.exists()
    assert three.dead_letters.depth() == Depth(3, 0)


def test_f42_no_match_is_reported_and_not_a_failure(command: Command, three: Queues) -> None:
    """No file is written, and no prompt appears."""
    for arguments in (("export", str(FILE)), ("discard", "--count=1")):
        result = command(*arguments, "--event=USER_CREATED")
        assert (result.exit_code, "no dead letter matches" in result.output) == (0, True)
    assert list(Path().iterdir()) == []
    assert three.dead_letters.depth() == Depth(3, 0)


def test_f41_an_id_that_is_not_there_fails_the_command(command: Command, three: Queues) -> None:
    """The output names it, the others are processed, and the exit code is 1."""
    result = command("export", str(FILE), "r1", "r9")
    assert "not found: r9\n" in result.stdout
    assert ended(result, FailedError) == "1 ID not found among the dead letters."
    assert ids_in(FILE) == ["r1"]
    result = command("discard", "r1", "r9", "--count=1")
    assert ended(result, FailedError) == "1 ID not found among the dead letters."
    assert three.dead_letters.depth() == Depth(2, 0)


def test_an_export_prints_count_and_file(command: Command, three: Queues) -> None:
    """The scope is printed first."""
    result = command("export", str(FILE), "--event=LOAN_CREATED")
    assert result.stdout == "2 dead letters exported to export.jsonl\n"
    assert result.stderr.startswith(SCOPE_LINE)
    assert ids_in(FILE) == ["r0", "r1"]
    assert three.dead_letters.depth() == Depth(3, 0)
    assert "exists: pass another path" in ended(command("export", str(FILE), "--all"), ConfigurationError)


def test_an_export_as_json(command: Command, three: Queues) -> None:
    """JSON has the same data, and copies count once."""
    three.put(loan(2, "LOAN_LOST"), receipt_id="r2")
    assert data_of(command("export", str(FILE), "r2", "r9", "--output=json")) == {
        "file": "export.jsonl",
        "exported": 1,
        "messages": 2,
        "without_body": [],
        "unread": [],
        "seen": 4,
        "about": 4,
        "missing": ["r9"],
        "unjudged": 0,
    }


def test_an_incomplete_export_fails(command: Command, three: Queues) -> None:
    """The file has the other dead letters if a body could not be read."""
    put_large(three, loan(), "large")
    with Stubber(three.aws.s3) as stub:
        stub.add_client_error("get_object", "AccessDenied")
        result = command("export", str(FILE), "--all")
    assert (
        "3 dead letters exported to export.jsonl\nnot exported because the body could not be read: large\n"
        in result.stdout
    )
    assert "check access to the overflow bucket" in ended(result, FailedError)


def test_f46_f65_an_interrupted_export_leaves_no_file(
    command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All dead letters are visible again."""
    monkeypatch.setattr(ExportWriter, "write", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    result = command("export", str(FILE), "--all")
    sentence = (
        "Interrupted: nothing exported. All dead letters are visible again, up to ten of them only after some minutes."
    )
    assert ended(result, StoppedError) == sentence
    assert three.dead_letters.depth() == Depth(3, 0)


def test_f48_a_discard_exports_first_and_needs_the_typed_count(
    command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch, state_home: Path
) -> None:
    """The file exists when the prompt appears; the reconciliation counts the discarded ones."""
    asked = answering(monkeypatch, 2)
    result = command("discard", "--event=LOAN_CREATED")
    assert (result.exit_code, result.stdout, asked) == (0, "2 dead letters discarded\n", [2])
    assert list(Path().iterdir()) == []
    [file] = (state_home / "alma-webhooks" / "exports").iterdir()
    assert file.name.startswith("discarded-alma-webhooks-dev-20")
    assert f"2 dead letters exported to {file}\n" in result.stderr
    assert ids_in(file) == ["r0", "r1"]
    assert [dead_letter.id for dead_letter in three.dead_letters.receive(0, 0)] == ["r2"]
    lines = list(Logs(three.aws.logs, lambda *_: None).of_operators(AUDIT, 0, 9_999_999_999_999))
    assert sorted((line.about, line.kind, line.profile) for line in lines) == [
        ("r0", "discarded", "alma"),
        ("r1", "discarded", "alma"),
    ]


def test_f48_without_the_right_count_nothing_is_discarded(
    command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another number, no number and a missing terminal are all rejected."""
    assert "The confirmed number is 3, but the selection has 2" in ended(
        command("discard", "r0", "r1", "--count=3"), RejectedError
    )
    no_terminal = command("discard", "r0", "r1", f"--export={FILE}")
    assert "pass --count 2 to discard all of them." in ended(no_terminal, RejectedError)
    answering(monkeypatch, 22)
    ended(command("discard", "r0", "r1", "--export=x"), RejectedError)
    assert three.dead_letters.depth() == Depth(3, 0)
    assert list(Path().iterdir()) == []
    assert [line["result"] for line in audited(three.aws) if line["message"] == "ended"] == ["RejectedError"] * 3


@pytest.mark.parametrize(("typed", "count"), [("2\n", 2), (" 2 \n", 2), ("two\n", None), ("\n", None), ("", None)])
def test_f48_the_count_is_what_is_typed_at_a_terminal(
    typed: str, count: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prompt names the number; any other text is not a number."""
    master, slave = os.openpty()
    os.write(master, typed.encode() or b"\x04")
    with os.fdopen(slave, "r") as terminal, os.fdopen(os.dup(slave), "w") as shown:
        monkeypatch.setattr("sys.stdin", terminal)
        monkeypatch.setattr("sys.stderr", shown)
        assert files._typed_count(2) == count
    os.close(master)


def test_f48_there_is_no_yes(command: Command, three: Queues) -> None:
    """Discarding always needs the number."""
    assert command("discard", "--all", "--yes").exit_code == 2
    assert three.dead_letters.depth() == Depth(3, 0)


def test_a_discard_as_json(command: Command, three: Queues) -> None:
    """One object with the export and the result."""
    data = data_of(command("discard", "--all", "--count=3", f"--export={FILE}", "--output=json"))
    assert (data["file"], data["exported"], data["discarded"], data["refused"], data["moved"]) == (
        str(FILE),
        3,
        3,
        0,
        0,
    )
    assert three.dead_letters.depth() == Depth(0, 0)


def test_a_rejected_discard_as_json(command: Command, three: Queues) -> None:
    """Its object says that nothing was discarded."""
    result = command("discard", "--all", "--count=4", f"--export={FILE}", "--output=json")
    ended(result, RejectedError)
    assert (data_of(result)["exported"], data_of(result)["discarded"], data_of(result)["file"]) == (3, 0, None)
    assert three.dead_letters.depth() == Depth(3, 0)


def test_f41_moved_messages_are_reported(command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are discarded; exit 1 because not all are."""

    def late(_dead_letters: int) -> int:
        [dead_letter, *others] = three.dead_letters.receive(30, 0)
        three.dead_letters.delete({dead_letter.message_id: dead_letter.handle})
        three.dead_letters.hide({other.message_id: other.handle for other in others}, 0)
        return 3

    monkeypatch.setattr(files, "_typed_count", late)
    result = command("discard", "--all")
    assert result.stdout == (
        "2 dead letters discarded\n1 message was not found again: expired, replayed, or held by another reader\n"
    )
    assert "Some dead letters were not discarded" in ended(result, FailedError)


def test_f46_an_interrupted_discard_reports_what_was_deleted(
    command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is visible, the lock released, the file kept; a second Ctrl-C does not interrupt that."""
    delete = Discard._delete

    def interrupted(self: Discard, batch: Any, scan: Any) -> None:
        delete(self, batch[:1], scan)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Discard, "_delete", interrupted)
    result = command("discard", "--all", "--count=3", f"--export={FILE}")
    assert "some dead letters may be discarded, and export.jsonl has all of them. The others are visible" in ended(
        result, StoppedError
    )
    assert result.stdout.startswith("1 dead letter discarded\n")
    assert three.dead_letters.depth() == Depth(2, 0)
    assert three.aws.dynamodb.scan(TableName=LOCKS)["Count"] == 0


def test_f45_f48_wrong_queues_are_rejected_before_anything_is_exported(command: Command, three: Queues) -> None:
    """The exit code is 3, and no file is written."""
    three.aws.sqs.set_queue_attributes(QueueUrl=three.webhooks_url, Attributes={"RedrivePolicy": ""})
    assert "is not the dead-letter queue" in ended(command("discard", "--all", "--count=3"), RejectedError)
    assert list(Path().iterdir()) == []


def test_an_import_is_a_dry_run_without_yes(command: Command, three: Queues) -> None:
    """With --yes it restores what was discarded, and the audit also goes to a file."""
    command("discard", "--all", "--count=3", f"--export={FILE}")
    planned = command("import", str(FILE))
    from_here = "from alma-webhooks-dev in 123456789012: 3 dead letters\n"
    assert (planned.exit_code, planned.stdout) == (
        0,
        f"dry run: would import 3 dead letters; pass --yes to apply\n{from_here}",
    )
    assert three.dead_letters.depth() == Depth(0, 0)
    result = command("import", str(FILE), "--yes", "--audit-file=audit.jsonl")
    assert (result.exit_code, result.stdout) == (0, f"3 dead letters imported\n{from_here}")
    assert three.dead_letters.depth() == Depth(3, 0)
    assert Path("audit.jsonl").read_text("utf-8").count('"message": "imported"') == 3
    again = command("import", str(FILE), "--yes")
    assert again.stdout == "0 dead letters imported\n3 skipped: already on the dead-letter queue\n"


def test_an_import_reports_invalid_lines_and_exits_1(command: Command, three: Queues) -> None:
    """The output has file, line and reason of each, escaped for the terminal."""
    command("discard", "r0", "--count=1", f"--export={FILE}")
    with FILE.open("ab") as file:
        file.write(b"\x1b[2Jhello\n")
    result = command("import", str(FILE), "--yes")
    assert "export.jsonl:2: invalid: it is not a JSON object\n" in result.stdout
    assert result.stdout.startswith("1 dead letter imported\n")
    assert "Some lines of export.jsonl were not imported: see the reasons above." in ended(result, FailedError)
    data = data_of(command("import", str(FILE), "--output=json"))
    assert (data["done"], data["imported"], data["already_there"]) == (False, 0, 1)
    assert data["refused"] == [{"line": 2, "reason": "it is not a JSON object"}]
    assert three.dead_letters.depth() == Depth(3, 0)


def test_f46_an_interrupted_import_reports_its_result(
    command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run imports the rest."""
    command("discard", "--all", "--count=3", f"--export={FILE}")
    send = Import._send

    def interrupted(self: Import) -> None:
        send(self)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Import, "_send", interrupted)
    result = command("import", str(FILE), "--yes")
    assert "Run the command again to import the rest" in ended(result, StoppedError)
    assert "3 dead letters imported" in result.stdout
    assert three.aws.dynamodb.scan(TableName=LOCKS)["Count"] == 0


def test_f40_an_import_renews_the_lock_while_it_scans(
    command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With many dead letters that takes longer than a lock lasts."""
    command("export", str(FILE), "--all")

    def lost(_: ChangeSession) -> None:
        raise FailedError("another command holds it")

    monkeypatch.setattr(ChangeSession, "renew", lost)
    monkeypatch.setattr(Import, "run", lambda *_: pytest.fail("it was not kept"))
    assert ended(command("import", str(FILE), "--yes"), FailedError) == "another command holds it"
    assert three.dead_letters.depth() == Depth(3, 0)


def test_f46_an_interrupted_import_plan_leaves_every_dead_letter_visible(
    command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed terminal is an interruption too."""
    command("export", str(FILE), "--all")
    monkeypatch.setattr(Import, "run", lambda *_: signal.raise_signal(signal.SIGHUP))
    assert "nothing changed" in ended(command("import", str(FILE)), StoppedError)
    assert three.dead_letters.depth() == Depth(3, 0)


def test_a_missing_file_is_a_usage_error(command: Command, three: Queues) -> None:
    """The exit code is 2, before any request to AWS."""
    assert command("import", "nowhere.jsonl").exit_code == 2
    assert three.dead_letters.depth() == Depth(3, 0)


def test_f65_an_interrupted_export_leaves_no_part_of_a_file(
    command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It might be taken for a complete export later."""
    write, written = ExportWriter.write, []

    def interrupted(*arguments: Any) -> None:
        write(*arguments)
        written.append(FILE.exists())
        if len(written) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(ExportWriter, "write", interrupted)
    assert "Interrupted: nothing exported" in ended(command("export", str(FILE), "--all"), StoppedError)
    assert (written, list(Path().iterdir())) == ([True, True], [])
    assert three.dead_letters.depth() == Depth(3, 0)


@pytest.mark.parametrize("export", [[], [f"--export={FILE}"]])
def test_f65_a_rejected_discard_leaves_no_file(
    command: Command, three: Queues, state_home: Path, export: list[str]
) -> None:
    """The file is removed at any path, because nothing was discarded."""
    result = command("discard", "--all", "--count=4", *export)
    assert "nothing was discarded" in ended(result, RejectedError)
    assert " removed\n" in result.stderr
    files = [path for folder in (Path(), state_home) for path in folder.rglob("*") if path.is_file()]
    assert (files, three.dead_letters.depth()) == ([], Depth(3, 0))


def test_f65_a_discard_that_is_interrupted_at_its_question_leaves_no_file(
    command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is removed, as after a wrong count."""
    monkeypatch.setattr(files, "_typed_count", lambda _: os.kill(os.getpid(), signal.SIGINT))
    result = command("discard", "--all", f"--export={FILE}")
    assert ended(result, StoppedError).startswith("Interrupted: nothing discarded.")
    assert (list(Path().iterdir()), three.dead_letters.depth()) == ([], Depth(3, 0))


def test_f65_an_existing_file_is_not_removed(command: Command, three: Queues) -> None:
    """A discard that cannot write to it leaves it unchanged."""
    FILE.write_text("mine")
    assert "exists: pass another path" in ended(
        command("discard", "--all", "--count=3", f"--export={FILE}"), ConfigurationError
    )
    assert (FILE.read_text(), three.dead_letters.depth()) == ("mine", Depth(3, 0))


def test_f65_the_file_is_kept_once_a_dead_letter_may_be_deleted(
    command: Command, three: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost response does not prove that nothing was deleted."""
    error = ClientError({"Error": {"Code": "InternalError"}}, "DeleteMessageBatch")
    monkeypatch.setattr("scripts.dead_letters.queues.DeadLetterQueue.delete", Mock(side_effect=error))
    ended(command("discard", "--all", "--count=3", f"--export={FILE}"), FailedError)
    assert ids_in(FILE) == ["r0", "r1", "r2"]
    assert three.dead_letters.depth() == Depth(3, 0)
