"""An import restores exported dead letters on the dead-letter queue, once, byte for byte, on any stack."""

import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from ingest.envelope import MAX_QUEUED_BYTES, QueuedMessage
from scripts.cli.exit_codes import FailedError
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.export_file import new_export_file
from scripts.dead_letters.import_ import Import, ImportResult, keys_on_queue
from scripts.dead_letters.queues import Depth, SourceQueue
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore, open_dead_letters
from tests.scripts.dead_letters.queues import BUCKET, Queues, audited, groups_on, loan
from tests.scripts.dead_letters.test_discard import discarded, overtaken
from tests.scripts.dead_letters.test_export_file import exported, put_large
from tests.scripts.dead_letters.test_scan import quiet

LARGE = b'{"x": "' + b"y" * MAX_QUEUED_BYTES + b'"}'


def known_keys(dead_letters: DeadLetterStore) -> set[bytes]:
    with Scan(dead_letters.queue, quiet) as scan:
        return keys_on_queue(scan)


def imported(dead_letters: DeadLetterStore, path: Path) -> ImportResult:
    with open_change_session(dead_letters, "import") as change:
        importing = Import(dead_letters, known_keys(dead_letters), change)
        importing.run(path, quiet)
    return importing.result


def planned(dead_letters: DeadLetterStore, path: Path) -> ImportResult:
    importing = Import(dead_letters, known_keys(dead_letters))
    importing.run(path, quiet)
    return importing.result


def emptied(dead_letters: DeadLetterStore, path: Path) -> None:
    """Export and discard everything."""
    discarded(dead_letters, exported(dead_letters, path).messages)


def all_dead_letters(queues: Queues) -> list[DeadLetter]:
    found: list[DeadLetter] = []
    while received := queues.dead_letters.receive(30, 0):
        found += received
    queues.dead_letters.hide({dead_letter.message_id: dead_letter.handle for dead_letter in found}, 0)
    return sorted(found, key=lambda dead_letter: dead_letter.id)


def contents(dead_letters: Sequence[DeadLetter]) -> list[tuple[str, Any]]:
    return [(dead_letter.body, dict(dead_letter.attributes)) for dead_letter in dead_letters]


def test_f44_discarded_dead_letters_are_restored_unchanged(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """Body, encoding, attributes and cause are restored on the dead-letter queue, not on the webhook queue."""
    for number in range(12):
        queues.put(loan(number), receipt_id=f"r{number:02}", replay={"count": 2})
    queues.put(b"\x00\xff poison", receipt_id="s1")
    put_large(queues, LARGE, "s2")
    before = contents(all_dead_letters(queues))
    emptied(dead_letters, tmp_path / "x")
    assert queues.dead_letters.depth() == Depth(0, 0)
    result = imported(dead_letters, tmp_path / "x")
    assert (result.imported, result.already_there, result.invalid, result.failed) == (14, 0, [], [])
    assert result.origins == {"alma-webhooks-dev in 123456789012": 14}
    assert contents(all_dead_letters(queues)) == before
    assert queues.aws.sqs.receive_message(QueueUrl=queues.webhooks_url).get("Messages", []) == []
    lines = [line for line in audited(queues.aws) if line["message"] == "imported"]
    assert (len(lines), lines[0]["came_from"]) == (14, "alma-webhooks-dev in 123456789012")


def test_a_large_body_goes_to_the_bucket_of_the_stack_that_imports(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """The original bucket may be deleted."""
    put_large(queues, LARGE, "r1")
    emptied(dead_letters, tmp_path / "x")
    queues.aws.s3.create_bucket(Bucket="another")
    scope = dead_letters.scope
    outputs = scope.stack.outputs | {"OverflowBucketName": "another"}
    elsewhere = open_dead_letters(scope._replace(stack=scope.stack._replace(outputs=outputs)))
    assert imported(elsewhere, tmp_path / "x").imported == 1
    for item in queues.aws.s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        queues.aws.s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    [dead_letter] = all_dead_letters(queues)
    read = elsewhere.reader.read(dead_letter)
    assert read.envelope
    assert read.envelope.body == LARGE


def test_f40_importing_twice_makes_no_copies(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """An interrupted import is run again; messages without a receipt ID are recognized by their bodies."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    put_large(queues, LARGE, "r4")
    queues.put_message("hello", {"colour": "red"})
    emptied(dead_letters, tmp_path / "x")
    assert imported(dead_letters, tmp_path / "x").imported == 5
    again = imported(dead_letters, tmp_path / "x")
    assert (again.imported, again.already_there) == (0, 5)
    assert queues.dead_letters.depth() == Depth(5, 0)


def test_a_line_that_is_in_the_file_twice_is_imported_once(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """This happens if two exports were concatenated."""
    queues.put(receipt_id="r1")
    emptied(dead_letters, tmp_path / "x")
    text = (tmp_path / "x").read_bytes()
    (tmp_path / "x").write_bytes(text + text)
    result = imported(dead_letters, tmp_path / "x")
    assert (result.imported, result.already_there) == (1, 1)


def test_invalid_lines_are_reported_and_the_others_imported(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """The report has number and reason of each, lines without a body included."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    key = put_large(queues, LARGE, "r4")
    queues.aws.s3.delete_object(Bucket=BUCKET, Key=key)
    emptied(dead_letters, tmp_path / "x")
    text = (tmp_path / "x").read_bytes().replace(b'"id": "r1"', b'"id": "r9"')
    (tmp_path / "x").write_bytes(text + b"hello\n")
    result = imported(dead_letters, tmp_path / "x")
    assert (result.imported, len(result.invalid)) == (2, 3)
    assert {reason for _, reason in result.invalid} == {
        "it was changed or cut since the export: its SHA-256 differs",
        "it was exported without its body, which had expired",
        "it is not a JSON object",
    }
    assert (5, "it is not a JSON object") in result.invalid
    assert [dead_letter.id for dead_letter in all_dead_letters(queues)] == ["r0", "r2"]


def test_a_plan_changes_nothing_and_has_the_same_counts(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """Queue and bucket stay unchanged."""
    queues.put(receipt_id="r1")
    put_large(queues, LARGE, "r2")
    emptied(dead_letters, tmp_path / "x")
    queues.put(receipt_id="r1")
    for item in queues.aws.s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        queues.aws.s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    result = planned(dead_letters, tmp_path / "x")
    assert (result.imported, result.already_there) == (1, 1)
    assert queues.dead_letters.depth() == Depth(1, 0)
    assert "Contents" not in queues.aws.s3.list_objects_v2(Bucket=BUCKET)


def test_f43_a_failed_message_is_reported_by_its_line(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are imported; the audit has the failed one."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    emptied(dead_letters, tmp_path / "x")
    send = SourceQueue.send

    def but_the_first(self: SourceQueue, messages: Sequence[QueuedMessage]) -> dict[int, str]:
        send(self, messages[1:])
        return {0: "InternalError"}

    monkeypatch.setattr(SourceQueue, "send", but_the_first)
    result = imported(dead_letters, tmp_path / "x")
    assert (result.imported, result.failed) == (2, [(1, "InternalError")])
    messages = [line["message"] for line in audited(queues.aws) if line["command"] == "import"]
    assert messages == ["began", "not imported", "imported", "imported", "ended"]


def test_a_body_that_cannot_be_stored_is_reported_by_its_line(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """Its dead letter is not sent, because it would point to nothing."""
    put_large(queues, LARGE, "r1")
    queues.put(receipt_id="r2")
    emptied(dead_letters, tmp_path / "x")
    with Stubber(queues.aws.s3) as stub:
        stub.add_client_error("put_object", "AccessDenied")
        result = imported(dead_letters, tmp_path / "x")
    assert (result.imported, [reason for _, reason in result.failed]) == (
        1,
        ["the body could not be stored in the overflow bucket: AWS returned AccessDenied"],
    )
    assert [dead_letter.id for dead_letter in all_dead_letters(queues)] == ["r2"]


def test_no_call_is_larger_than_the_limit_of_sqs(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten messages of 400 kB do not fit into a batch."""
    for number in range(5):
        queues.put(b'{"x": "' + str(number).encode() * 400_000 + b'"}', receipt_id=f"r{number}")
    emptied(dead_letters, tmp_path / "x")
    send, sizes = SourceQueue.send, []

    def noted(self: SourceQueue, messages: Sequence[QueuedMessage]) -> dict[int, str]:
        sizes.append(sum(message.size for message in messages))
        return send(self, messages)

    monkeypatch.setattr(SourceQueue, "send", noted)
    assert imported(dead_letters, tmp_path / "x").imported == 5
    assert len(sizes) == 3
    assert max(sizes) <= 1024 * 1024


def test_f40_nothing_is_sent_without_the_lock(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """Another command acquired the lock meanwhile."""
    queues.put(receipt_id="r1")
    emptied(dead_letters, tmp_path / "x")
    with pytest.raises(FailedError, match=r"held it since .* with the command replay"):
        overtaken(dead_letters, lambda change: Import(dead_letters, set(), change).run(tmp_path / "x", quiet))
    assert queues.dead_letters.depth() == Depth(0, 0)


def test_progress_counts_bytes(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """Progress counts the bytes of the file."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    exported(dead_letters, tmp_path / "x")
    calls: list[tuple[int, int]] = []
    Import(dead_letters, set()).run(tmp_path / "x", lambda done, size: calls.append((done, size)))
    size = (tmp_path / "x").stat().st_size
    assert (len(calls), calls[-1]) == (3, (size, size))


@pytest.mark.full
def test_memory_stays_flat(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only some lines of a file of 30 MB are in memory at a time, in both directions."""
    monkeypatch.setattr(SourceQueue, "send", lambda _self, _messages: {})
    queues.put(receipt_id="r0")
    [dead_letter] = queues.dead_letters.receive(0, 0)
    tracemalloc.start()
    try:
        with new_export_file(tmp_path / "x", dead_letters.scope.facts()) as writer:
            for number in range(30):
                body = json.dumps({"action": str(number), "x": "y" * 1_000_000})
                attributes = dict(dead_letter.attributes) | {"receipt_id": f"r{number}"}
                writer.write(dead_letters.reader.read(dead_letter._replace(body=body, attributes=attributes)))
        assert imported(dead_letters, tmp_path / "x").imported == 30
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "x").stat().st_size > 30_000_000
    assert peak < 15_000_000


def test_f75_imported_dead_letters_are_in_the_group_of_replays(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """If SQS itself moves them back to the webhook queue, live events do not wait for them either."""
    queues.put()
    emptied(dead_letters, tmp_path / "x")
    imported(dead_letters, tmp_path / "x")
    assert groups_on(queues, queues.dead_letters_url) == ["alma.replay"]
