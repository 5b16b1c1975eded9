"""An export has every selected dead letter once, and leaves the queue unchanged."""

from pathlib import Path

import pytest
from botocore.stub import Stubber

from processor.overflow_bucket import OverflowBucket
from scripts.cli.exit_codes import FailedError
from scripts.dead_letters.dead_letter_queue import Depth
from scripts.dead_letters.export import ExportResult, export
from scripts.dead_letters.export_file import new_export_file, read_lines
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import BUCKET, Queues, loan
from tests.scripts.dead_letters.test_scan import quiet


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
    """All bodies, from queue or bucket; nothing stays hidden, nothing is deleted."""
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
