"""The dead-letter queue: batches of ten, and failed entries by message ID."""

from datetime import timedelta

from tests.scripts.dead_letters.queues import Queues


def test_dead_letters_are_hidden_and_shown_again_in_any_number(queues: Queues) -> None:
    """More than fit into one call."""
    for number in range(23):
        queues.put(receipt_id=f"r{number}")
    held = {
        dead_letter.message_id: dead_letter.handle
        for _ in range(3)
        for dead_letter in queues.dead_letters.receive(60, 0)
    }
    assert (queues.dead_letters.depth().visible, queues.dead_letters.depth().hidden) == (0, 23)
    assert queues.dead_letters.hide(held, 0) == set()
    assert queues.dead_letters.depth().visible == queues.dead_letters.depth().all == 23


def test_failed_deletions_are_returned(queues: Queues) -> None:
    """An invalid handle is returned; the others are deleted."""
    for number in range(12):
        queues.put(receipt_id=f"r{number}")
    handles = {
        dead_letter.message_id: dead_letter.handle
        for _ in range(2)
        for dead_letter in queues.dead_letters.receive(60, 0)
    }
    assert queues.dead_letters.delete({**dict(list(handles.items())[:11]), "gone": "no-such-handle"}) == {"gone"}
    assert queues.dead_letters.depth().all == 1


def test_the_queue_has_a_retention_period(queues: Queues) -> None:
    """From its retention period, with the time by AWS' clock."""
    keeps, now = queues.dead_letters.retention()
    assert keeps == timedelta(days=14)
    assert now.tzinfo is not None
