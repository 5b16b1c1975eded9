"""Replaying sends, then deletes, each event once; what fails is counted and stays."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ingest.envelope import QueuedMessage
from scripts.aws.exclusive import ChangeSession
from scripts.cli.exit_codes import FailedError
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters import replay as replay_module
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.queues import DeadLetterQueue, Depth, Handles, SourceQueue
from scripts.dead_letters.replay import Replay
from scripts.dead_letters.replay_options import ReplayOptions, ReplayResult
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.cli.test_rate_limiter import Clock
from tests.scripts.dead_letters.queues import Queues, audited, loan

ANY = Filters()


def fast() -> Rate:
    clock = Clock()
    return Rate(1000, clock.monotonic, clock.sleep)


@contextmanager
def replaying(dead_letters: DeadLetterStore, options: ReplayOptions | None = None) -> Iterator[Replay]:
    with (
        open_change_session(dead_letters, "replay") as change,
        Scan(dead_letters.queue, lambda _seen, _about: None, renew=change.renew) as scan,
    ):
        yield Replay(dead_letters, change, scan, options or ReplayOptions(fast()))


def replayed(
    dead_letters: DeadLetterStore, filters: Filters = ANY, options: ReplayOptions | None = None
) -> ReplayResult:
    with replaying(dead_letters, options) as replay:
        replay.run(Selection(filters, dead_letters.now))
    return replay.result


def arrived(queues: Queues) -> list[dict[str, Any]]:
    """Receive and delete what is on the webhook queue: bodies with attributes."""
    found: list[dict[str, Any]] = []
    while messages := queues.aws.sqs.receive_message(
        QueueUrl=queues.webhooks_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            texts = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
            found.append({"body": message["Body"], **texts})
    return found


def receipts(queues: Queues) -> Counter[str]:
    return Counter(message["receipt_id"] for message in arrived(queues))


class FailingSource(SourceQueue):
    """Sends, except for the receipt IDs that it should fail."""

    failing: frozenset[str] = frozenset()

    def send(self, messages: Sequence[QueuedMessage]) -> dict[int, str]:
        failed = {n: "InternalError" for n, one in enumerate(messages) if one.attributes["receipt_id"] in self.failing}
        sent = [one for number, one in enumerate(messages) if number not in failed]
        assert super().send(sent) == {}
        return failed


class Stale(DeadLetterQueue):
    """Fails to delete, as SQS does if a handle has expired or the dead letter has moved."""

    def delete(self, handles: Handles) -> set[str]:
        return set(handles)


def test_f44_dead_letters_are_sent_unchanged(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """This covers text, base64 and a pointer to the overflow bucket, which is not read. Each original is deleted."""
    queues.put(loan(1), receipt_id="text")
    queues.put(b"\xff\x00", receipt_id="bytes")
    pointer = '{"bucket":"gone","key":"bodies/0","sha256":"0","bytes":9}'
    attributes = {
        "envelope_version": "1",
        "receipt_id": "large",
        "encoding": "s3",
        "failure": "{}",
        "signature": "eA==",
    }
    queues.put_message(pointer, attributes)
    assert replayed(dead_letters) == ReplayResult(chosen=3, sent=3, deleted=3, is_whole=True)
    messages = {message["receipt_id"]: message for message in arrived(queues)}
    assert {name: (one["body"], one["encoding"]) for name, one in messages.items()} == {
        "text": (loan(1).decode(), "utf-8"),
        "bytes": ("/wA=", "base64"),
        "large": (pointer, "s3"),
    }
    for message in messages.values():
        assert "failure" not in message
        assert (message["signature"], json.loads(message["replay"])["count"]) == ("eA==", 1)
    assert queues.dead_letters.depth() == Depth(0, 0)


def test_only_selected_dead_letters_are_replayed(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """The others become visible again, unchanged."""
    for number in range(25):
        queues.put(loan(number, "LOAN_LOST" if number % 2 else "LOAN_CREATED"), receipt_id=f"r{number}")
    result = replayed(dead_letters, Filters(events=("LOAN_LOST",)))
    assert (result.chosen, result.sent, result.deleted) == (12, 12, 12)
    assert receipts(queues) == {f"r{number}": 1 for number in range(1, 25, 2)}
    assert queues.dead_letters.depth() == Depth(13, 0)


def test_deleted_dead_letters_are_not_shown_again(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQS would fail each, and a scan of 100,000 dead letters would end with 10,000 useless calls."""
    shown: list[Handles] = []

    def hide(_queue: DeadLetterQueue, handles: Handles, _seconds: int) -> set[str]:
        shown.append(dict(handles))
        return set()

    monkeypatch.setattr(DeadLetterQueue, "hide", hide)
    for number in range(12):
        queues.put(loan(number), receipt_id=f"r{number}")
    replayed(dead_letters, Filters(ids=tuple(f"r{number}" for number in range(11))))
    assert [len(handles) for handles in shown] == [1]


def test_every_dead_letter_has_its_line_in_the_audit(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """The line has caller, ID, replay count and result, but nothing of the body."""
    queues.put(receipt_id="r7")
    replayed(dead_letters, options=ReplayOptions(fast(), redeliver=True))
    [line] = [line for line in audited(queues.aws) if line["message"] == "replayed"]
    assert (line["receipt_id"], line["replays"], line["redeliver"], line["result"]) == ("r7", 1, True, "done")
    assert "LOAN" not in json.dumps(line)


def test_f39_nothing_is_deleted_before_it_was_sent(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A crash in between leaves the dead letter; the next run sends it with the same replay ID."""
    queues.put(receipt_id="r1")

    class Crashing(DeadLetterQueue):
        def delete(self, handles: Handles) -> set[str]:  # noqa: ARG002 - as its parent
            raise KeyboardInterrupt

    crashing = dead_letters._replace(queue=Crashing(queues.aws.sqs, queues.dead_letters_url))
    with pytest.raises(KeyboardInterrupt):
        replayed(crashing, options=ReplayOptions(fast(), redeliver=True))
    [first] = arrived(queues)
    assert queues.dead_letters.depth() == Depth(1, 0)
    replayed(dead_letters, options=ReplayOptions(fast(), redeliver=True))
    [second] = arrived(queues)
    assert json.loads(first["replay"])["id"] == json.loads(second["replay"])["id"]
    assert first["body"] == second["body"]


def test_f43_of_a_partly_failed_batch_only_what_was_sent_is_deleted(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others stay on the queue, and are counted with the reason and audited."""
    for number in range(10):
        queues.put(loan(number), receipt_id=f"r{number}")
    monkeypatch.setattr(FailingSource, "failing", frozenset({"r2", "r5", "r8"}))
    monkeypatch.setattr(replay_module, "SourceQueue", FailingSource)
    result = replayed(dead_letters)
    assert (result.sent, result.deleted, result.send_failed, result.reasons) == (7, 7, 3, {"InternalError": 3})
    assert set(receipts(queues)) == {f"r{number}" for number in range(10)} - {"r2", "r5", "r8"}
    assert {dead_letter.id for dead_letter in queues.dead_letters.receive(0, 0)} == {"r2", "r5", "r8"}
    results = Counter(line["result"] for line in audited(queues.aws) if line["message"] == "replayed")
    assert results == {"done": 7, "not sent: InternalError": 3}


def test_f41_a_dead_letter_received_again_is_deleted_by_its_newest_handle(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an older one SQS reports success but deletes nothing."""
    queues.put(receipt_id="r1")
    deleted: list[Handles] = []

    def delete(_: DeadLetterQueue, handles: Handles) -> set[str]:
        deleted.append(handles)
        return set()

    monkeypatch.setattr(DeadLetterQueue, "delete", delete)
    with replaying(dead_letters) as replay:
        [dead_letter] = replay.scan.dead_letters()
        replay.add(dead_letter._replace(handle="older"))
        replay.flush()
    assert deleted == [{dead_letter.message_id: dead_letter.handle}]


def test_f39_an_audit_that_fails_leaves_nothing_sent_and_undeleted(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends after what was sent is deleted and counted."""
    monkeypatch.setattr(FailingSource, "failing", frozenset({"r0"}))
    monkeypatch.setattr(replay_module, "SourceQueue", FailingSource)
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")

    def fail(*_: object, **__: object) -> None:
        raise FailedError("Cannot write the audit log.")

    monkeypatch.setattr(ChangeSession, "record", fail)
    with pytest.raises(FailedError), replaying(dead_letters) as replay:
        replay.run(Selection(ANY, dead_letters.now))
    result = replay.result
    assert (result.sent, result.send_failed, result.deleted, result.delete_failed) == (2, 1, 2, 0)
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f43_a_failed_send_call_ends_the_run_and_deletes_nothing(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error of AWS is raised, and unsent dead letters are counted."""
    queues.put()

    def fail(*_: object) -> dict[int, str]:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessageBatch")

    monkeypatch.setattr(SourceQueue, "send", fail)
    with pytest.raises(ClientError), replaying(dead_letters) as replay:
        replay.run(Selection(ANY, dead_letters.now))
    assert (replay.result.sent, replay.result.send_failed, replay.result.is_whole) == (0, 1, False)
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f41_a_dead_letter_that_moved_meanwhile_is_counted_and_the_run_goes_on(
    dead_letters: DeadLetterStore, queues: Queues
) -> None:
    """It was sent; the delivery keys suppress duplicates."""
    for number in range(12):
        queues.put(loan(number), receipt_id=f"r{number}")
    result = replayed(dead_letters._replace(queue=Stale(queues.aws.sqs, queues.dead_letters_url)))
    assert (result.sent, result.deleted, result.delete_failed, result.is_whole) == (12, 0, 12, True)
    assert queues.dead_letters.depth() == Depth(12, 0)
    assert {line["result"] for line in audited(queues.aws)[1:-1]} == {"sent, not deleted"}


def test_f41_a_failed_delete_call_is_counted_too(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dead letters were sent and stay."""
    queues.put()

    def fail(*_: object) -> set[str]:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteMessageBatch")

    monkeypatch.setattr(DeadLetterQueue, "delete", fail)
    with pytest.raises(ClientError), replaying(dead_letters) as replay:
        replay.run(Selection(ANY, dead_letters.now))
    assert (replay.result.sent, replay.result.delete_failed) == (1, 1)


def test_f41_deletions_before_a_failed_call_are_counted(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With copies a batch can have more dead letters than fit into one delete call."""
    for _ in range(12):
        queues.put(receipt_id="r1")
    delete, calls = queues.aws.sqs.delete_message_batch, iter([True])

    def fail_later(**arguments: Any) -> Any:
        if next(calls, False):
            return delete(**arguments)
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteMessageBatch")

    monkeypatch.setattr(queues.aws.sqs, "delete_message_batch", fail_later)
    with pytest.raises(ClientError), replaying(dead_letters) as replay:
        replay.run(Selection(ANY, dead_letters.now))
    assert (replay.result.sent, replay.result.deleted, replay.result.delete_failed) == (1, 10, 2)
    assert Counter(line.get("result") for line in audited(queues.aws)) >= Counter({"done": 10, "sent, not deleted": 2})
    assert queues.dead_letters.depth() == Depth(2, 0)


def test_f40_copies_are_sent_once(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """The processor put one and SQS moved the other: both are deleted. Another body is not a copy."""
    for number in range(15):
        queues.put(loan(number), receipt_id=f"r{number}")
        queues.put(loan(number), receipt_id=f"r{number}", failure=None)
    queues.put(loan(99), receipt_id="r1")
    result = replayed(dead_letters)
    assert (result.chosen, result.sent, result.copies, result.deleted) == (31, 16, 15, 31)
    assert receipts(queues) == {f"r{number}": 1 for number in range(15)} | {"r1": 2}
    assert queues.dead_letters.depth() == Depth(0, 0)


def test_bodies_of_copies_are_not_kept(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A batch with room for one more event can wait for thousands of copies."""
    for _ in range(3):
        queues.put(receipt_id="r1")
    with replaying(dead_letters) as replay:
        for dead_letter in replay.scan.dead_letters():
            replay.add(dead_letter)
        [pending] = replay._batch.values()
        assert [dead_letter.body for dead_letter in pending.dead_letters] == [""] * 3
        replay.flush()
    assert [message["body"] for message in arrived(queues)] == [loan().decode()]
    assert queues.dead_letters.depth() == Depth(0, 0)


def test_f43_the_copy_of_a_dead_letter_that_was_not_sent_stays_too(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This holds in the same batch and in a later one."""
    monkeypatch.setattr(FailingSource, "failing", frozenset({"r0"}))
    monkeypatch.setattr(replay_module, "SourceQueue", FailingSource)
    for _ in range(2):
        queues.put(receipt_id="r0")
    result = replayed(dead_letters)
    assert (result.sent, result.send_failed, result.copies, result.deleted) == (0, 1, 1, 0)
    with replaying(dead_letters) as replay:
        for dead_letter in replay.scan.dead_letters():
            replay.add(dead_letter)
            replay.flush()
    assert (replay.result.sent, replay.result.send_failed, replay.result.deleted) == (0, 2, 0)
    assert queues.dead_letters.depth() == Depth(2, 0)


def test_f39_a_dead_letter_that_failed_again_meanwhile_is_not_a_copy(
    dead_letters: DeadLetterStore, queues: Queues
) -> None:
    """It comes back during its replay: it is neither deleted for the one that was sent, nor sent again."""
    queues.put(receipt_id="poison")
    with replaying(dead_letters) as replay:
        for dead_letter in replay.scan.dead_letters():
            replay.add(dead_letter)
            replay.flush()
            if replay.result.sent == 1 and replay.result.chosen == 1:
                [back] = arrived(queues)
                body = back.pop("body")
                queues.put_message(body, back | {"failure": "{}"})
    assert (replay.result.chosen, replay.result.sent, replay.result.came_back, replay.result.deleted) == (2, 1, 1, 1)
    assert arrived(queues) == []
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f50_the_fourth_replay_needs_the_flag(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """It is kept back and counted without --ignore-replay-limit."""
    for count in (1, 2, 3, 4):
        queues.put(loan(count), receipt_id=f"r{count}", replay={"id": "x", "count": count})
    result = replayed(dead_letters)
    assert (result.chosen, result.sent, result.kept_back) == (4, 2, 2)
    assert set(receipts(queues)) == {"r1", "r2"}
    result = replayed(dead_letters, options=ReplayOptions(fast(), ignore_replay_limit=True))
    assert (result.sent, result.kept_back) == (2, 0)
    assert sorted(json.loads(message["replay"])["count"] for message in arrived(queues)) == [4, 5]


def test_f47_the_rate_is_kept(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """Twenty dead letters at five per second: five at a time, the last ones after three seconds."""
    for number in range(20):
        queues.put(loan(number), receipt_id=f"r{number}")
    clock = Clock()
    replayed(dead_letters, options=ReplayOptions(Rate(5, clock.monotonic, clock.sleep)))
    assert clock.slept == [pytest.approx(1)] * 3


def test_f47_pending_dead_letters_stay_hidden(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At one in ten seconds their hold would expire before the last one is sent, so it is renewed."""
    for number in range(5):
        queues.put(loan(number), receipt_id=f"r{number}")
    held: list[tuple[int, int]] = []
    hide = DeadLetterQueue.hide

    def noted(queue: DeadLetterQueue, handles: Handles, seconds: int) -> set[str]:
        held.append((len(handles), seconds))
        return hide(queue, handles, seconds)

    monkeypatch.setattr(DeadLetterQueue, "hide", noted)
    clock = Clock()
    hold = timedelta(seconds=30)
    with (
        open_change_session(dead_letters, "replay") as change,
        Scan(dead_letters.queue, lambda _seen, _about: None, hold=hold, monotonic=clock.monotonic) as scan,
    ):
        rate = Rate(0.1, clock.monotonic, clock.sleep)
        Replay(dead_letters, change, scan, ReplayOptions(rate)).run(Selection(ANY, dead_letters.now))
    assert held == [(3, 30), (1, 30)]


def test_f46_an_interruption_comes_before_a_batch_or_after_it(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """It never comes between send and delete. Unsent dead letters are visible again, and the result is known."""
    for number in range(30):
        queues.put(loan(number), receipt_id=f"r{number}")
    batches = 0

    @contextmanager
    def deferred() -> Iterator[None]:
        nonlocal batches
        yield
        batches += 1
        if batches == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replaying(dead_letters, ReplayOptions(fast(), deferred=deferred)) as replay:
        replay.run(Selection(ANY, dead_letters.now))
    assert (replay.result.sent, replay.result.deleted, replay.result.is_whole) == (20, 20, False)
    assert len(receipts(queues)) == 20
    assert queues.dead_letters.depth() == Depth(10, 0)


def test_f40_nothing_more_is_sent_after_the_lock_is_lost(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another operator acquired the lock: the next batch is not begun."""
    for number in range(15):
        queues.put(loan(number), receipt_id=f"r{number}")
    lost = iter([False] * 18)

    def renew(_: ChangeSession) -> None:
        if next(lost, True):
            raise FailedError("The lock was lost.")

    monkeypatch.setattr(ChangeSession, "renew", renew)
    with pytest.raises(FailedError), replaying(dead_letters) as replay:
        replay.run(Selection(ANY, dead_letters.now))
    assert (replay.result.chosen, replay.result.sent, replay.result.deleted) == (15, 10, 10)


def test_dead_letters_of_every_size_are_replayed(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A call takes one megabyte in total, so large ones are sent alone."""
    for number in range(6):
        queues.put(loan(number) + b" " * 400_000, receipt_id=f"r{number}")
    assert replayed(dead_letters).sent == 6
    assert len(receipts(queues)) == 6


def test_the_time_of_a_replay_is_aws_time(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """The member `at` of the replay has the time of AWS."""
    queues.put()
    replayed(dead_letters)
    [message] = arrived(queues)
    assert json.loads(message["replay"])["at"][:10] == time.strftime(
        "%Y-%m-%d", time.gmtime(dead_letters.now.timestamp())
    )
