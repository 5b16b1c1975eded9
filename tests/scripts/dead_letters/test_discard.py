"""Discarding deletes what was exported and nothing else, and audits it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.exclusive import ChangeSession
from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.discard import Discard, check_count
from scripts.dead_letters.queues import DeadLetterQueue, Depth
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import Queues, audited, loan
from tests.scripts.dead_letters.test_export_file import exported
from tests.scripts.dead_letters.test_scan import quiet


@contextmanager
def discarding(dead_letters: DeadLetterStore, messages: dict[str, bytes]) -> Iterator[Discard]:
    with open_change_session(dead_letters, "discard") as change:
        yield Discard(dead_letters, change, messages)


def overtaken(dead_letters: DeadLetterStore, act: Callable[[ChangeSession], None]) -> None:
    """Act as a command whose lock has expired and been acquired by another."""
    now = [dead_letters.now.timestamp()]
    with open_change_session(dead_letters, "slow", clock=lambda: now[0]) as change:
        now[0] += 61
        with open_change_session(dead_letters, "replay", clock=lambda: now[0]):
            act(change)


def run(discard: Discard, queue: DeadLetterQueue) -> None:
    with Scan(queue, quiet) as scan:
        discard.run(scan)


def discarded(dead_letters: DeadLetterStore, messages: dict[str, bytes]) -> Discard:
    with discarding(dead_letters, messages) as discard:
        run(discard, dead_letters.queue)
    return discard


def without_audit(queues: Queues, discard: Discard) -> None:
    with Stubber(queues.aws.logs) as stub:
        stub.add_client_error("put_log_events", "AccessDeniedException")
        run(discard, queues.dead_letters)


def lines(queues: Queues, message: str) -> list[str]:
    return sorted(line["receipt_id"] for line in audited(queues.aws) if line["message"] == message)


def test_f48_only_what_was_exported_is_discarded(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """Dead letters that the filters match only later stay."""
    for number in range(23):
        queues.put(loan(number), receipt_id=f"r{number:02}")
    messages = exported(dead_letters, tmp_path / "x").messages
    queues.put(loan(99), receipt_id="late")
    result = discarded(dead_letters, messages)
    assert (result.dead_letters, result.moved, result.not_deleted) == (23, 0, set())
    [left] = queues.dead_letters.receive(0, 0)
    assert left.id == "late"
    assert lines(queues, "discarded") == [f"r{number:02}" for number in range(23)]


def test_f41_a_dead_letter_received_again_is_discarded_by_its_newest_handle(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an older one SQS reports success but deletes nothing."""
    queues.put(receipt_id="r1")
    messages = exported(dead_letters, tmp_path / "x").messages
    original = Scan.dead_letters
    monkeypatch.setattr(Scan, "dead_letters", lambda scan: (each._replace(handle="older") for each in original(scan)))
    assert discarded(dead_letters, messages).dead_letters == 1
    assert queues.dead_letters.depth() == Depth(0, 0)


def test_every_message_of_a_dead_letter_is_discarded(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """Copies that arrived after the export stay."""
    queues.put(receipt_id="r1")
    queues.put(receipt_id="r1")
    messages = exported(dead_letters, tmp_path / "x").messages
    queues.put(receipt_id="r1")
    result = discarded(dead_letters, messages)
    assert (result.dead_letters, len(result.messages)) == (1, 2)
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f41_moved_messages_are_counted_and_the_others_discarded(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """Dead letters that expired, were replayed or are held by another reader count as moved."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    messages = exported(dead_letters, tmp_path / "x").messages
    taken = queues.dead_letters.receive(0, 0)[0]
    queues.dead_letters.delete({taken.message_id: taken.handle})
    result = discarded(dead_letters, messages)
    assert (result.dead_letters, result.moved) == (2, 1)
    assert taken.id not in lines(queues, "discarded")


def test_a_message_with_another_body_than_exported_stays(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """The message ID alone is not enough."""
    queues.put(receipt_id="r1")
    messages = exported(dead_letters, tmp_path / "x").messages
    result = discarded(dead_letters, dict.fromkeys(messages, b"another"))
    assert (result.dead_letters, result.moved) == (0, 1)
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_a_copy_that_came_after_the_export_stays(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """The operator did not confirm it, although its body is in the file."""
    queues.put(receipt_id="r1")
    messages = exported(dead_letters, tmp_path / "x").messages
    [first] = queues.dead_letters.receive(0, 0)
    queues.dead_letters.delete({first.message_id: first.handle})
    queues.put(receipt_id="r1")
    result = discarded(dead_letters, messages)
    assert (result.dead_letters, result.moved) == (0, 1)
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f43_what_sqs_does_not_delete_is_counted_and_not_audited_as_discarded(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch may fail in part; the rest is visible again."""
    first, second = queues.put(loan(1), receipt_id="r1"), queues.put(loan(2), receipt_id="r2")
    messages = exported(dead_letters, tmp_path / "x").messages
    delete = dead_letters.queue.delete

    def but_the_second(handles: Any) -> set[str]:
        delete({first: handles[first]})
        return {second}

    monkeypatch.setattr(dead_letters.queue, "delete", but_the_second)
    result = discarded(dead_letters, messages)
    assert (result.dead_letters, result.not_deleted, result.moved) == (1, {second}, 0)
    assert (lines(queues, "discarded"), lines(queues, "not discarded")) == (["r1"], ["r2"])
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f46_an_interruption_leaves_the_rest_visible_and_the_audit_complete(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C, the audit has the first batch, and the rest is visible."""
    for number in range(15):
        queues.put(loan(number), receipt_id=f"r{number:02}")
    messages = exported(dead_letters, tmp_path / "x").messages
    delete = dead_letters.queue.delete
    calls = []

    def interrupted(handles: Any) -> set[str]:
        calls.append(len(handles))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return delete(handles)

    monkeypatch.setattr(dead_letters.queue, "delete", interrupted)
    with pytest.raises(KeyboardInterrupt), discarding(dead_letters, messages) as discard:
        run(discard, dead_letters.queue)
    assert (discard.dead_letters, len(lines(queues, "discarded"))) == (10, 10)
    assert queues.dead_letters.depth() == Depth(5, 0)


def test_an_interruption_does_not_come_between_a_change_and_its_line(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """The interruption waits until both are complete."""
    queues.put(receipt_id="r1")
    messages = exported(dead_letters, tmp_path / "x").messages
    seen = []

    @contextmanager
    def deferred() -> Iterator[None]:
        seen.append((queues.dead_letters.depth().all, len(lines(queues, "discarded"))))
        yield
        seen.append((queues.dead_letters.depth().all, len(lines(queues, "discarded"))))

    with open_change_session(dead_letters, "discard") as change:
        run(Discard(dead_letters, change, messages, deferred), dead_letters.queue)
    assert seen == [(1, 0), (0, 1)]


def test_f40_nothing_is_deleted_without_the_lock(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """Another command acquired the lock while the operator was at the prompt."""
    queues.put(receipt_id="r1")
    messages = exported(dead_letters, tmp_path / "x").messages
    with pytest.raises(FailedError, match=r"held it since .* with the command replay"):
        overtaken(dead_letters, lambda change: run(Discard(dead_letters, change, messages), dead_letters.queue))
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_nothing_more_is_deleted_once_the_audit_fails(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """At most one batch has no audit line."""
    for number in range(25):
        queues.put(loan(number), receipt_id=f"r{number:02}")
    messages = exported(dead_letters, tmp_path / "x").messages
    with pytest.raises(FailedError, match="Cannot write the audit log"), discarding(dead_letters, messages) as discard:
        without_audit(queues, discard)
    assert queues.dead_letters.depth() == Depth(15, 0)


@pytest.mark.parametrize("count", [None, 0, 4, 6, -5])
def test_f48_another_count_is_rejected(count: int | None) -> None:
    """The right one is accepted."""
    with pytest.raises(RejectedError, match=r"say --count 5|nothing was discarded"):
        check_count(5, count)
    check_count(5, 5)


def test_f22_the_audit_holds_nothing_of_a_body(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """It has IDs, profile, who and where."""
    queues.put(b'{"action": "LOAN", "item_loan": {"user_id": "a canary sings"}}', receipt_id="r1")
    discarded(dead_letters, exported(dead_letters, tmp_path / "x").messages)
    [line] = [line for line in audited(queues.aws) if line["message"] == "discarded"]
    assert (line["receipt_id"], line["profile"], line["result"]) == ("r1", "alma", "deleted")
    assert "a canary sings" not in json.dumps(audited(queues.aws))
