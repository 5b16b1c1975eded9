"""Read the dead letters in the background, and let one scan or change of a dead-letter queue run at a time.

A scan hides dead letters from other readers while it runs, so two at a time would each see only a part.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final
from weakref import ReferenceType, ref

from scripts.console.background import Control
from scripts.console.console import Console
from scripts.console.per_console import PerConsole
from scripts.console.snapshot import Snapshot
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.find import Listing
from scripts.dead_letters.queue_name import OF_PRODUCT, QueueName
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import open_dead_letters

_MAX_AGE_SECONDS: Final = 15.0
_ANY_AGE: Final = 1e9
_SECONDS_BETWEEN_CHECKS: Final = 0.2  # whether the work was cancelled while it waits
_WAITING: Final = "waiting for other work on the dead-letter queue"


class _Queues:
    """The lock of each queue, and how often each was changed: in all, and before each snapshot was last used.

    `read` refers to the last list of each snapshot, with how often the queue was changed before it was read.
    """

    def __init__(self) -> None:
        self.locks = {queue: threading.Lock() for queue in OF_PRODUCT}
        self.changes: Counter[QueueName] = Counter()
        self.seen: dict[str, int] = {}
        self.read: dict[str, tuple[ReferenceType[Listing], int]] = {}


_QUEUES: Final = PerConsole(lambda _: _Queues())


def dead_letters(
    console: Console, queue: QueueName = QueueName.webhooks, where: str = "", *, reads_again: bool = True
) -> Snapshot[Listing]:
    """Return the snapshot of all dead letters of a queue, or of those whose event meets the condition `where`.

    It is read again if it is older than 15 seconds, or if the console has changed the queue since. Polling must not do
    that (`reads_again`): a page that stays open would hide the dead letters from others all the time.
    """
    queues, key = _QUEUES.of(console), _key(queue, where)
    reader = console.reader(key, "Read the dead letters", partial(_list, console, queue, where))
    if not reads_again:
        return reader.refresh(_ANY_AGE)
    changes = queues.changes[queue]
    if queues.seen.setdefault(key, changes) != changes:
        queues.seen[key] = changes
        reader.expire()
    return reader.refresh(_MAX_AGE_SECONDS)


def _list(console: Console, queue: QueueName, where: str, control: Control) -> Listing:
    queues = _QUEUES.of(console)
    with queue_to_itself(console, queue, control):
        changes = queues.changes[queue]
        listing = open_service(console, queue, control).list(Filters(where=where))
    queues.read[_key(queue, where)] = (ref(listing), changes)  # a forgotten snapshot is not kept by this
    return listing


def _key(queue: QueueName, where: str) -> str:
    return f"dead letters of {queue} {where}"


def is_outdated(
    console: Console, view: Snapshot[Listing], queue: QueueName = QueueName.webhooks, where: str = ""
) -> bool:
    """Return whether the console has changed the queue since the list was read, and reads it again now.

    Such a list shows what was just replayed or discarded as if nothing had happened, so pages wait for the new one.
    """
    if view.value is None or view.work is None:
        return False
    queues = _QUEUES.of(console)
    listing, changes = queues.read.get(_key(queue, where), (lambda: None, 0))
    return listing() is not view.value or changes != queues.changes[queue]


def open_service(console: Console, queue: QueueName, control: Control) -> DeadLetterService:
    """Return the service of a queue, which reports to this work. Raise as `open_dead_letters`."""
    return DeadLetterService(open_dead_letters(console.scope, queue), control, control.deferred)


@contextmanager
def queue_to_itself(console: Console, queue: QueueName, control: Control) -> Iterator[None]:
    """Wait until no other work of the console uses this dead-letter queue, and keep others out until the end.

    Raise WorkCancelledError if the work is cancelled while it waits.
    """
    lock = _QUEUES.of(console).locks[queue]
    while not lock.acquire(timeout=_SECONDS_BETWEEN_CHECKS):
        control.step(_WAITING)
    try:
        control.step("")
        yield
    finally:
        lock.release()


def mark_changed(console: Console, queue: QueueName) -> None:
    """Let the next page that shows the dead letters read them again."""
    _QUEUES.of(console).changes[queue] += 1


def changes_of(console: Console) -> int:
    """Return how often the console has changed a dead-letter queue, so that other readings can be dropped after it."""
    return _QUEUES.of(console).changes.total()
