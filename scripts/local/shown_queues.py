"""Show what arrives in a run besides its events: notifications, and what its further parts print; and dead letters."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from scripts.aws import stack
from scripts.aws.clients import Aws
from scripts.aws.part_stacks import queues_of
from scripts.aws.queues import queue_count
from scripts.cli.output import notice, notices
from scripts.cli.plural import plural
from scripts.local.notifications import LocalNotifications
from scripts.local.part_programs import PartPrograms
from scripts.local.run_display import RunDisplay

_SECONDS: Final = 40.0  # the cold start of a function on a busy computer, and a retry or some paced messages
_LOOK_SECONDS: Final = 0.2


class QueueWords(NamedTuple):
    """What the sentences about some queues call a message, where it waits, and what a dead letter means."""

    message: str
    place: str
    failed: str


NOTIFICATIONS: Final = QueueWords("notification", "the queue", "could not be sent")
PARTS: Final = QueueWords("message", "the queues of further parts", "of further parts failed")


@dataclass
class ShownQueues:
    """Shows what is new, and the number of dead letters of each queue when it changes.

    `queues` are the URLs of a queue and of its dead letters, by the words that follow "dead letters". `show_new` prints
    each message or line once.
    """

    aws: Aws
    queues: Mapping[str, tuple[str, str]]
    words: QueueWords
    show_new: Callable[[], None]
    display: RunDisplay

    def __post_init__(self) -> None:
        self._dead_letters = self._counts()

    def show(self) -> int:
        """Print what is new, and return how many dead letters there are more than at the last time."""
        self.show_new()
        before, self._dead_letters = self._dead_letters, self._counts()
        for whose, count in self._dead_letters.items():
            if count != before[whose]:
                self.display.dead_letters(count, whose)
        return sum(self._dead_letters.values()) - sum(before.values())

    def settle(
        self, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> int:
        """Wait until the queues are empty, then do the same. Print how many still wait: a paced or retried one can."""
        deadline = monotonic() + _SECONDS
        while (waiting := self._waiting()) and monotonic() < deadline:
            sleep(_LOOK_SECONDS)
        if waiting:
            notice(f"{plural(waiting, self.words.message)} still on {self.words.place}")
        return self.show()

    def problem(self, dead_letters: int) -> str:
        """Return the sentence about this number of new dead letters."""
        return f"{plural(dead_letters, self.words.message)} {self.words.failed}; see the dead letters."

    def _waiting(self) -> int:
        return sum(queue_count(self.aws.sqs, url) for url, _ in self.queues.values())

    def _counts(self) -> dict[str, int]:
        return {whose: queue_count(self.aws.sqs, url) for whose, (_, url) in self.queues.items()}


def shown_notifications(running: LocalNotifications, display: RunDisplay) -> ShownQueues:
    """Return what shows each notification of a run, as its service got it."""

    def show_new() -> None:
        for message in running.receiver.inbox.fresh():
            display.message(message)

    outputs = running.stack.outputs
    queues = {" of notifications": (outputs["QueueUrl"], outputs["DeadLetterQueueUrl"])}
    return ShownQueues(running.aws, queues, NOTIFICATIONS, show_new, display)


def shown_parts(aws: Aws, stacks: Iterable[str], programs: PartPrograms, display: RunDisplay) -> ShownQueues:
    """Return what shows the lines of the local programs of further parts, whose stacks have these names."""
    found = [queue for name in stacks for queue in queues_of(stack.read(aws, name))]
    queues = {f" of the queue {each.name}": (each.url, each.dead_letters_url) for each in found}
    return ShownQueues(aws, queues, PARTS, lambda: notices(programs.fresh()), display)
