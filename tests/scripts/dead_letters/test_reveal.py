"""Revealed bodies: each has an audit line of who sees it, which is written before."""

from pathlib import Path

import pytest

from scripts.aws.audit_log import LogGroupSink
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.dead_letters.reveal import reveal, reveal_body
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.notified import NotificationQueues, notification
from tests.scripts.dead_letters.queues import Queues, audited, loan

FACTS = ("message", "command", "receipt_id", "stage", "queue")


def facts_of(queues: Queues) -> list[list[str | None]]:
    return sorted([line.get(name) for name in FACTS] for line in audited(queues.aws))


def test_each_revealed_body_has_a_line(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> None:
    """It has the operator and no value of the body; the file gets the same lines."""
    for number in range(2):
        queues.put(loan(number), receipt_id=f"r{number}")
    file = tmp_path / "audit.jsonl"
    bodies = {
        read.envelope.body for read in reveal(DeadLetterService(dead_letters), ["r0", "r1"], file) if read.envelope
    }
    assert bodies == {loan(0), loan(1)}
    assert facts_of(queues) == [["revealed", "show", f"r{number}", "dev", None] for number in range(2)]
    assert audited(queues.aws)[0]["who"].startswith("arn:aws:")
    assert "LOAN" not in file.read_text()
    assert file.read_text().count('"revealed"') == 2


def test_the_line_is_there_before_the_body(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A caller that stops after the first body has seen one, and the log says so."""
    for number in range(2):
        queues.put(loan(number), receipt_id=f"r{number}")
    reads = reveal(DeadLetterService(dead_letters), ["r0", "r1"])
    seen = next(reads).summary.id
    assert facts_of(queues) == [["revealed", "show", seen, "dev", None]]
    reads.close()
    assert len(facts_of(queues)) == 1


def test_without_the_line_nobody_sees_the_body(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is it returned for a correction."""
    queues.put()

    def fail(*_: object) -> None:
        raise FailedError("Cannot write the audit log.")

    monkeypatch.setattr(LogGroupSink, "write", fail)
    service = DeadLetterService(dead_letters)
    with pytest.raises(FailedError, match="Cannot write the audit log"):
        next(reveal(service, ["r1"]))
    with pytest.raises(FailedError, match="Cannot write the audit log"):
        reveal_body(service, "r1")


def test_a_stack_without_an_audit_log_needs_a_file(
    dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path
) -> None:
    """The error says which."""
    queues.put()
    outputs = {name: text for name, text in dead_letters.scope.stack.outputs.items() if name != "AuditLogGroupName"}
    scope = dead_letters.scope._replace(stack=dead_letters.scope.stack._replace(outputs=outputs))
    service = DeadLetterService(dead_letters._replace(scope=scope))
    with pytest.raises(ConfigurationError, match="pass --audit-file"):
        next(reveal(service, ["r1"]))
    assert [read.summary.id for read in reveal(service, ["r1"], tmp_path / "a")] == ["r1"]


def test_a_body_for_a_correction_has_a_line_too(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """By receipt ID or by message ID; a body that cannot be read, or is not there, has none."""
    message_id = queues.put(loan(3))
    queues.put_message("not an envelope", {"receipt_id": "r2"})
    service = DeadLetterService(dead_letters)
    assert reveal_body(service, message_id) == loan(3)
    with pytest.raises(RejectedError, match="cannot be edited"):
        reveal_body(service, "r2")
    with pytest.raises(FailedError, match="r3 not found"):
        reveal_body(service, "r3")
    assert facts_of(queues) == [["revealed", "edit", "r1", "dev", None]]


def test_a_notification_is_named_as_one(dead_notifications: DeadLetterStore, notified: NotificationQueues) -> None:
    """The reconciliation of events counts no line about it."""
    notified.put(notification())
    [read] = reveal(DeadLetterService(dead_notifications), ["r1"])
    [line] = audited(dead_notifications.scope.aws)
    assert (line["receipt_id"], line["queue"]) == (read.summary.id, "notifications")
