"""The dead-letter queue: batches of ten, and what SQS refuses is told by id."""

from datetime import timedelta

from tests.scripts.dead_letters.letters import Queues


def test_letters_are_hidden_and_shown_again_in_any_number(queues: Queues) -> None:
    """More than a call takes."""
    for number in range(23):
        queues.put(receipt_id=f"r{number}")
    held = {letter.message_id: letter.handle for _ in range(3) for letter in queues.letters.receive(60, 0)}
    assert (queues.letters.depth().visible, queues.letters.depth().hidden) == (0, 23)
    assert queues.letters.hide(held, 0) == set()
    assert queues.letters.depth().visible == queues.letters.depth().all == 23


def test_only_what_is_there_is_deleted(queues: Queues) -> None:
    """A handle that SQS does not know is named, the others do their work."""
    for number in range(12):
        queues.put(receipt_id=f"r{number}")
    handles = {letter.message_id: letter.handle for _ in range(2) for letter in queues.letters.receive(60, 0)}
    assert queues.letters.delete({**dict(list(handles.items())[:11]), "gone": "no-such-handle"}) == {"gone"}
    assert queues.letters.depth().all == 1


def test_the_queue_says_how_long_it_keeps_letters(queues: Queues) -> None:
    """By its own setting, and the time by AWS' clock."""
    keeps, now = queues.letters.keeps()
    assert keeps == timedelta(days=14)
    assert now.tzinfo is not None
