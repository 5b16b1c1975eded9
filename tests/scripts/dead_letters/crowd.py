"""A dead-letter queue of thousands, in memory, that returns each dead letter once while it is held. For tests."""

from collections.abc import Callable

from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.queues import BATCH, DeadLetterQueue, Depth, Handles


class Crowd(DeadLetterQueue):
    """Creates dead letters when they are received; every seventh response has one of them twice.

    SQS counts `uncounted` more, which nobody can receive.
    """

    def __init__(self, size: int, make: Callable[[int], DeadLetter], *, uncounted: int = 0) -> None:
        self._size = size
        self._make = make
        self._uncounted = uncounted
        self._next = 0
        self._answers = 0
        self.held: set[str] = set()

    def depth(self) -> Depth:
        return Depth(self._size, self._uncounted)

    def receive(self, hold_seconds: int, wait_seconds: int) -> list[DeadLetter]:  # noqa: ARG002 - as its parent
        numbers = list(range(self._next, min(self._next + BATCH, self._size)))
        self._next += len(numbers)
        self._answers += 1
        if numbers and self._answers % 7 == 0:
            numbers[-1:] = [numbers[-1], numbers[0]]
        dead_letters = [self._make(number) for number in numbers]
        self.held |= {dead_letter.message_id for dead_letter in dead_letters}
        return dead_letters

    def hide(self, handles: Handles, seconds: int) -> set[str]:
        if not seconds:
            self.held -= set(handles)
        return set()
