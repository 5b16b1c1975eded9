"""Editing: a corrected body replayed as the same event, after an export of the original."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingest.envelope import MAX_QUEUED_BYTES, Envelope, Pointer, pointer_to
from processor.alma.events import parse
from processor.alma.identity import identity_of
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.edit import corrected_envelope, edit, message_of, read_correction
from scripts.dead_letters.export_file import read_lines
from scripts.dead_letters.find import FoundDeadLetter, find_one
from scripts.dead_letters.queues import Depth, SourceQueue
from scripts.dead_letters.replay import Replay
from scripts.dead_letters.replay_message import ReplayedBy
from scripts.dead_letters.replay_options import ReplayOptions
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import BUCKET, Queues, audited, groups_on, loan
from tests.scripts.dead_letters.test_replay import arrived

BY = ReplayedBy("arn:aws:iam::123456789012:user/invented", 1779265691.5)
POISON = b'{"action": "LOAN"'


def found(dead_letters: DeadLetterStore, id_: str = "r1") -> FoundDeadLetter:
    with Scan(dead_letters.queue, lambda _seen, _about: None) as scan:
        return find_one(scan, dead_letters.reader, id_)


@contextmanager
def replaying(dead_letters: DeadLetterStore) -> Iterator[Replay]:
    with (
        open_change_session(dead_letters, "edit") as change,
        Scan(dead_letters.queue, lambda _seen, _about: None) as scan,
    ):
        yield Replay(dead_letters, change, scan, ReplayOptions(Rate(1000), message="edited"))


def edited(dead_letters: DeadLetterStore, body: bytes, export: Path, id_: str = "r1") -> Replay:
    with replaying(dead_letters) as replay:
        one = find_one(replay.scan, dead_letters.reader, id_)
        edit(dead_letters, replay, one, corrected_envelope(one, body, BY), export)
    return replay


def no_store(_: bytes) -> Pointer:
    raise AssertionError("it is not large")


def test_a_corrected_dead_letter_is_sent_as_the_same_event(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """The new body, the old receipt ID and signature, the original identity; the original is exported and deleted."""
    queues.put(POISON)
    replay = edited(dead_letters, loan(), tmp_path / "original.jsonl")
    assert (replay.result.sent, replay.result.deleted, replay.result.is_whole) == (1, 1, True)
    [message] = arrived(queues)
    body, replayed = message.pop("body"), json.loads(message["replay"])
    decoded = Envelope.decode(body, message)
    assert (decoded.body, decoded.receipt_id, decoded.signature, decoded.failure) == (loan(), "r1", "eA==", None)
    original = identity_of(None, decoded._replace(body=POISON, replay=None))
    assert (replayed["count"], replayed["by"], replayed["edited"]) == (1, BY.who, original)
    assert identity_of(parse(decoded.body), decoded) == original
    [line] = read_lines(tmp_path / "original.jsonl")
    assert line.dead_letter
    assert line.dead_letter.body == POISON
    assert queues.dead_letters.depth() == Depth(0, 0)
    assert [line["receipt_id"] for line in audited(queues.aws) if line["message"] == "edited"] == ["r1"]


def test_f40_an_edited_dead_letter_that_is_edited_again_keeps_its_first_identity(
    dead_letters: DeadLetterStore, queues: Queues
) -> None:
    """It stays the event that Alma sent after any number of corrections."""
    queues.put(loan(2), replay={"id": "x", "count": 1, "edited": "0f" * 32})
    envelope = corrected_envelope(found(dead_letters), loan(3), BY)
    assert envelope.replay
    assert (envelope.replay["edited"], envelope.replay["count"]) == ("0f" * 32, 2)


def test_an_edited_job_keeps_its_identity(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """An original that parses keeps its identity."""
    job = b'{"action": "JOB_END", "id": "7", "institution": {"value": "01X"}}'
    queues.put(job)
    one = found(dead_letters)
    envelope = corrected_envelope(one, job.replace(b"7", b"8"), BY)
    assert one.read.envelope
    assert envelope.replay
    assert envelope.replay["edited"] == identity_of(parse(job), one.read.envelope)


def test_f44_attributes_stay_and_the_encoding_fits_the_new_body(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A body that SQS does not accept as text is sent as base64; other attributes stay."""
    queues.put_message("eHg=", {"envelope_version": "1", "receipt_id": "r1", "encoding": "base64", "foreign": "x"})
    one = found(dead_letters)
    for body, text, encoding in ((b"{}", "{}", "utf-8"), (b'"\x00"', "IgAi", "base64")):
        message = message_of(one.read.dead_letter, corrected_envelope(one, body, BY), no_store)
        assert (message.body, message.attributes["encoding"], message.attributes["foreign"]) == (text, encoding, "x")


def test_a_large_corrected_body_is_in_the_bucket(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """A body that is small again is not in the bucket."""
    large = loan() + b" " * MAX_QUEUED_BYTES
    queues.put(POISON)
    edited(dead_letters, large, tmp_path / "first.jsonl")
    [message] = arrived(queues)
    assert (message["encoding"], message["body"]) == ("s3", pointer_to(large, BUCKET).encode())
    stored = queues.aws.s3.get_object(Bucket=BUCKET, Key=pointer_to(large, BUCKET).key)["Body"].read()
    assert stored == large
    queues.put_message(message.pop("body"), message)
    edited(dead_letters, loan(2), tmp_path / "second.jsonl")
    [message] = arrived(queues)
    assert (message["encoding"], message["body"]) == ("utf-8", loan(2).decode())


def test_nothing_is_sent_when_the_original_cannot_be_exported(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """An existing file is not overwritten."""
    queues.put(POISON)
    export = tmp_path / "there"
    export.write_text("mine", "utf-8")
    with pytest.raises(ConfigurationError, match="exists: pass another path"):
        edited(dead_letters, loan(), export)
    assert (export.read_text("utf-8"), arrived(queues)) == ("mine", [])
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_nothing_is_sent_when_a_large_body_cannot_be_stored(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """Exit 1 with the AWS error code."""
    queues.put(POISON)
    queues.aws.s3.delete_bucket(Bucket=BUCKET)
    with pytest.raises(FailedError, match=r"Nothing was sent: .*NoSuchBucket"):
        edited(dead_letters, loan() + b" " * MAX_QUEUED_BYTES, tmp_path / "x")
    assert (arrived(queues), queues.dead_letters.depth()) == ([], Depth(1, 0))


def test_f43_the_original_stays_when_its_correction_was_not_sent(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is sent before the original is deleted."""
    queues.put(POISON)
    monkeypatch.setattr(SourceQueue, "send", lambda *_: {0: "InternalError"})
    replay = edited(dead_letters, loan(), tmp_path / "x")
    assert (replay.result.sent, replay.result.send_failed, queues.dead_letters.depth()) == (0, 1, Depth(1, 0))


def test_all_copies_of_an_edited_dead_letter_are_deleted(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """A copy from SQS and one from the processor."""
    queues.put(POISON)
    queues.put(POISON, failure=None)
    queues.put(loan(), receipt_id="other")
    replay = edited(dead_letters, loan(), tmp_path / "x")
    assert (replay.result.sent, replay.result.deleted, replay.result.copies) == (1, 2, 1)
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_an_id_must_select_one_dead_letter(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """Two bodies with one receipt ID are distinguished by message ID; an unknown ID fails."""
    first = queues.put(loan(1))
    queues.put(loan(2))
    with pytest.raises(RejectedError, match="Several dead letters have the ID r1"):
        found(dead_letters)
    assert found(dead_letters, first).read.dead_letter.body == loan(1).decode()
    with pytest.raises(FailedError, match="gone not found among the 2 dead letters seen, of about 2"):
        found(dead_letters, "gone")


@pytest.mark.parametrize(
    ("dead_letter", "sentence"),
    [
        ({"body": loan()}, "already has this body"),
        ({"body": POISON, "replay": {"count": 3}}, "Pass --ignore-replay-limit"),
    ],
)
def test_an_invalid_edit_is_rejected(
    dead_letters: DeadLetterStore, queues: Queues, dead_letter: dict[str, Any], sentence: str
) -> None:
    """The same body is not a correction; a fourth replay needs --ignore-replay-limit."""
    queues.put(**dead_letter)
    with pytest.raises(RejectedError, match=sentence):
        corrected_envelope(found(dead_letters), loan(), BY)


def test_f50_a_fourth_replay_of_an_edit_needs_the_flag(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """With --ignore-replay-limit the count goes on."""
    queues.put(POISON, replay={"count": 3})
    envelope = corrected_envelope(found(dead_letters), loan(), BY, ignore_replay_limit=True)
    assert envelope.replay
    assert envelope.replay["count"] == 4


def test_a_message_without_an_envelope_cannot_be_edited(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """Its event is unknown."""
    message_id = queues.put_message("hello", {"foreign": "x"})
    with pytest.raises(RejectedError, match="it was not queued by ingest"):
        corrected_envelope(found(dead_letters, message_id), loan(), BY)


def test_the_correction_must_be_an_event(tmp_path: Path) -> None:
    """A file with another content is rejected with the parser's reason; a missing one is named."""
    file = tmp_path / "body"
    file.write_bytes(POISON)
    with pytest.raises(RejectedError, match=f"{file} is not an event and would fail again: "):
        read_correction(file)
    file.write_bytes(loan())
    assert read_correction(file) == loan()
    with pytest.raises(ConfigurationError, match="No such file"):
        read_correction(tmp_path / "nowhere")


def test_f75_an_edited_dead_letter_is_sent_in_the_group_of_replays(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """Like one that is replayed unchanged."""
    queues.put(POISON)
    edited(dead_letters, loan(), tmp_path / "original.jsonl")
    assert groups_on(queues, queues.webhooks_url) == ["alma.replay"]
