"""Export files are new, private and complete on the disk; bad lines do not prevent reading the others."""

import os
import stat
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.dead_letters import export_file
from scripts.dead_letters.export_file import new_export_file, read_lines
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import Queues, loan


@pytest.fixture
def reads(dead_letters: DeadLetterStore, queues: Queues) -> list[ReadDeadLetter]:
    """Three dead letters, read."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    return [dead_letters.reader.read(dead_letter) for dead_letter in queues.dead_letters.receive(30, 0)]


def written(path: Path, reads: list[ReadDeadLetter]) -> None:
    with new_export_file(path, {"stack": "s"}) as writer:
        for read in reads:
            writer.write(read)
    assert writer.count == len(reads)


def test_a_file_has_a_line_a_dead_letter_for_its_owner_alone(tmp_path: Path, reads: list[ReadDeadLetter]) -> None:
    """Independently of the umask."""
    path = tmp_path / "export.jsonl"
    before = os.umask(0)
    try:
        written(path, reads)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = list(read_lines(path))
    assert [(line.number, line.dead_letter and line.dead_letter.id) for line in lines] == [
        (1, "r0"),
        (2, "r1"),
        (3, "r2"),
    ]
    assert lines[-1].end == path.stat().st_size


def test_what_is_synced_is_in_the_file(tmp_path: Path, reads: list[ReadDeadLetter]) -> None:
    """Before anything else is done with the dead letters."""
    path = tmp_path / "export.jsonl"
    with new_export_file(path, {"stack": "s"}) as writer:
        writer.write(reads[0])
        writer.sync()
        assert len(list(read_lines(path))) == 1


def test_no_file_is_written_over(tmp_path: Path, reads: list[ReadDeadLetter]) -> None:
    """Not through a link either."""
    path = tmp_path / "export.jsonl"
    written(path, reads)
    link = tmp_path / "link.jsonl"
    link.symlink_to(tmp_path / "elsewhere.jsonl")
    for taken in (path, link):
        with pytest.raises(ConfigurationError, match="exists: pass another path"), new_export_file(taken, {}):
            pytest.fail("it may write")
    assert len(list(read_lines(path))) == 3


def test_a_file_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    """Before any dead letter is read."""
    with (
        pytest.raises(ConfigurationError, match="cannot be written: No such file or directory"),
        new_export_file(tmp_path / "nowhere" / "export.jsonl", {}),
    ):
        pytest.fail("it may write")


def test_no_empty_file_is_left(tmp_path: Path) -> None:
    """If nothing was exported."""
    with new_export_file(tmp_path / "export.jsonl", {}):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_could_not_be_read_is_not_exported(tmp_path: Path, reads: list[ReadDeadLetter]) -> None:
    """Its body exists, so a line without it would lose data."""
    unread = reads[0]._replace(envelope=None, event=None, problem="AWS returned SlowDown", is_unread=True)
    with (
        new_export_file(tmp_path / "export.jsonl", {}) as writer,
        pytest.raises(FailedError, match="The dead letter r0 cannot be exported: AWS returned SlowDown"),
    ):
        writer.write(unread)
    assert writer.count == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here that is always full")
def test_a_full_disk_is_an_error(reads: list[ReadDeadLetter], monkeypatch: pytest.MonkeyPatch) -> None:
    """At the latest in `sync`."""
    opened = os.open
    monkeypatch.setattr("os.open", lambda _path, _flags, _mode=0: opened("/dev/full", os.O_WRONLY))
    with (
        pytest.raises(FailedError, match="cannot be written: No space left on device"),
        new_export_file(Path("/dev/full-of-letters"), {}) as writer,
    ):
        writer.write(reads[0])


def test_invalid_lines_have_a_problem_and_the_others_are_read(tmp_path: Path, reads: list[ReadDeadLetter]) -> None:
    """Cut, foreign or changed lines."""
    path = tmp_path / "export.jsonl"
    written(path, reads)
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b"hello\n" + second.replace(b"LOAN", b"LOAM", 1) + third[: len(third) // 2])
    found = [(line.number, line.dead_letter and line.dead_letter.id, line.problem) for line in read_lines(path)]
    assert found == [
        (1, "r0", ""),
        (2, None, "it is not a JSON object"),
        (3, None, "it was changed or cut since the export: its SHA-256 differs"),
        (4, None, "it is not a JSON object"),
    ]


def test_a_line_without_its_end_is_a_line(tmp_path: Path, reads: list[ReadDeadLetter]) -> None:
    """For example after an edit in a text editor."""
    path = tmp_path / "export.jsonl"
    written(path, reads)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert [line.problem for line in read_lines(path)] == ["", "", ""]


def test_a_line_that_is_too_long_is_skipped(
    tmp_path: Path, reads: list[ReadDeadLetter], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not read into memory, and the next lines are read."""
    path = tmp_path / "export.jsonl"
    written(path, reads)
    longest = max(map(len, path.read_bytes().splitlines(keepends=True)))
    monkeypatch.setattr(export_file, "LONGEST_LINE", longest)
    path.write_bytes(b"x" * longest * 3 + b"\n" + path.read_bytes())
    lines = list(read_lines(path))
    assert [line.problem for line in lines] == ["the line is too long", "", "", ""]
    assert lines[-1].end == path.stat().st_size


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """For example a folder."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        list(read_lines(tmp_path))
