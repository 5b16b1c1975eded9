"""Export files are new, private, complete on the disk, and have each selected dead letter once.

Bad lines do not prevent reading the others.
"""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.stub import Stubber

from processor.overflow_bucket import OverflowBucket
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.dead_letters import export_file
from scripts.dead_letters.export_file import (
    ExportResult,
    export,
    exports_folder,
    new_export,
    new_export_file,
    read_lines,
)
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import BUCKET, Queues, loan
from tests.scripts.dead_letters.test_scan import quiet


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
    assert path.read_bytes().count(b"\n") == len(reads)


def test_a_file_has_a_line_a_dead_letter_for_its_owner_alone(tmp_path: Path, reads: list[ReadDeadLetter]) -> None:
    """The permissions do not depend on the umask."""
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
    """It is synced before any other step."""
    path = tmp_path / "export.jsonl"
    with new_export_file(path, {"stack": "s"}) as writer:
        writer.write(reads[0])
        writer.sync()
        assert len(list(read_lines(path))) == 1


def test_no_file_is_written_over(tmp_path: Path, reads: list[ReadDeadLetter]) -> None:
    """A link to an existing file is not followed either."""
    path = tmp_path / "export.jsonl"
    written(path, reads)
    link = tmp_path / "link.jsonl"
    link.symlink_to(tmp_path / "elsewhere.jsonl")
    for taken in (path, link):
        with pytest.raises(ConfigurationError, match="exists: pass another path"), new_export_file(taken, {}):
            pytest.fail("it may write")
    assert len(list(read_lines(path))) == 3


def test_a_file_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    """The error comes before any dead letter is read."""
    with (
        pytest.raises(ConfigurationError, match="cannot be written: No such file or directory"),
        new_export_file(tmp_path / "nowhere" / "export.jsonl", {}),
    ):
        pytest.fail("it may write")


def test_no_empty_file_is_left(tmp_path: Path) -> None:
    """A file without exported dead letters is removed."""
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
    assert not (tmp_path / "export.jsonl").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here that is always full")
def test_a_full_disk_is_an_error(reads: list[ReadDeadLetter], monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes at the latest in `sync`."""
    opened = os.open
    monkeypatch.setattr("os.open", lambda _path, _flags, _mode=0: opened("/dev/full", os.O_WRONLY))
    with (
        pytest.raises(FailedError, match="cannot be written: No space left on device"),
        new_export_file(Path("/dev/full-of-dead-letters"), {}) as writer,
    ):
        writer.write(reads[0])


def test_invalid_lines_have_a_problem_and_the_others_are_read(tmp_path: Path, reads: list[ReadDeadLetter]) -> None:
    """This covers cut, foreign and changed lines."""
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
    """A text editor may omit the last line end."""
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
    """The path may be a folder."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        list(read_lines(tmp_path))


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_f65_exports_go_to_the_users_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_STATE_HOME if it is absolute, else a folder in the home folder; never the current one."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert exports_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "alma-webhooks" / "exports"
    default = tmp_path / "home" / ".local" / "state" / "alma-webhooks" / "exports"
    assert [exports_folder({}), exports_folder({"XDG_STATE_HOME": "here"})] == [default, default]


def test_f65_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    """The permissions are also set on an existing folder."""
    environment = {"XDG_STATE_HOME": str(tmp_path / "a")}
    for mode in (None, 0o755):
        if mode:
            exports_folder(environment).chmod(mode)
        file = new_export("discarded", "stack", NOW, environment)
        assert file == tmp_path / "a" / "alma-webhooks" / "exports" / "discarded-stack-20261124T120000Z.jsonl"
        assert file.parent.stat().st_mode & 0o777 == 0o700
    assert list(file.parent.iterdir()) == []


def test_f65_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error also says what to do."""
    (tmp_path / "alma-webhooks").write_text("a file")
    with pytest.raises(
        ConfigurationError, match=r"alma-webhooks/exports for exports cannot be created: .* Pass --export"
    ):
        new_export("discarded", "stack", NOW, {"XDG_STATE_HOME": str(tmp_path)})


def exported(dead_letters: DeadLetterStore, path: Path, **filters: tuple[str, ...]) -> ExportResult:
    result = ExportResult()
    selection = Selection(Filters(**filters), dead_letters.now)  # type: ignore[arg-type] # tuples only
    with new_export_file(path, dead_letters.scope.facts()) as writer, Scan(dead_letters.queue, quiet) as scan:
        export(scan, dead_letters.reader, selection, writer, result)
    return result


def ids_in(path: Path) -> list[str]:
    return sorted(line.dead_letter.id for line in read_lines(path) if line.dead_letter)


def put_large(queues: Queues, body: bytes, receipt_id: str) -> str:
    """Put a dead letter whose body is in the overflow bucket, and return its key there."""
    pointer = OverflowBucket(queues.aws.s3, BUCKET).put(body)
    attributes = {"envelope_version": "1", "receipt_id": receipt_id, "encoding": "s3", "profile": "alma"}
    queues.put_message(pointer.encode(), attributes)
    return pointer.key


def test_selected_dead_letters_are_exported_and_the_queue_is_unchanged(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """The file has all bodies, from queue or bucket; no dead letter stays hidden or is deleted."""
    for number in range(12):
        queues.put(loan(number, "LOAN_CREATED" if number % 2 else "LOAN_LOST"), receipt_id=f"r{number:02}")
    put_large(queues, loan(99, "LOAN_LOST"), "r99")
    result = exported(dead_letters, tmp_path / "x", events=("LOAN_LOST",))
    assert ids_in(tmp_path / "x") == ["r00", "r02", "r04", "r06", "r08", "r10", "r99"]
    assert [
        line.dead_letter.body
        for line in read_lines(tmp_path / "x")
        if line.dead_letter and line.dead_letter.id == "r99"
    ] == [loan(99, "LOAN_LOST")]
    assert (result.dead_letters, len(result.messages)) == (7, 7)
    assert queues.dead_letters.depth() == Depth(13, 0)


def test_copies_are_exported_once(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """Both message IDs are returned."""
    first, second = queues.put(receipt_id="r1"), queues.put(receipt_id="r1")
    result = exported(dead_letters, tmp_path / "x")
    assert ids_in(tmp_path / "x") == ["r1"]
    assert (result.dead_letters, set(result.messages)) == (1, {first, second})


def test_an_expired_body_is_reported(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """The dead letter is exported with what exists, and the result names it."""
    key = put_large(queues, loan(), "r1")
    queues.aws.s3.delete_object(Bucket=BUCKET, Key=key)
    result = exported(dead_letters, tmp_path / "x")
    assert (result.dead_letters, result.without_body, result.unread) == (1, ["r1"], [])
    [line] = read_lines(tmp_path / "x")
    assert line.dead_letter
    assert (line.dead_letter.is_event, line.dead_letter.missing.endswith("NoSuchKey")) == (False, True)


def test_a_body_that_cannot_be_read_now_is_not_exported(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """It does not count, and the others do."""
    put_large(queues, loan(), "r1")
    queues.put(receipt_id="r2")
    with Stubber(queues.aws.s3) as stub:
        stub.add_client_error("get_object", "AccessDenied")
        result = exported(dead_letters, tmp_path / "x")
    assert (result.dead_letters, result.unread, ids_in(tmp_path / "x")) == (1, ["r1"], ["r2"])


def test_f42_nothing_matches_makes_no_file(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """The queue is unchanged."""
    queues.put(receipt_id="r1")
    assert exported(dead_letters, tmp_path / "x", ids=("r2",)).dead_letters == 0
    assert list(tmp_path.iterdir()) == []


def test_f40_an_export_renews_the_lock_and_ends_without_it(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """The lock is renewed with every dead letter."""
    queues.put(receipt_id="r1")

    def lost() -> None:
        raise FailedError("lost")

    selection = Selection(Filters(), dead_letters.now)
    with (
        pytest.raises(FailedError, match="lost"),
        new_export_file(tmp_path / "x", {}) as writer,
        Scan(dead_letters.queue, quiet, renew=lost) as scan,
    ):
        export(scan, dead_letters.reader, selection, writer, ExportResult())
    assert queues.dead_letters.depth() == Depth(1, 0)
