"""Holds a dead-letter queue, so that a reading of it lasts as long as a test needs."""

import threading

from scripts.console.background import Control
from scripts.console.console import Console
from scripts.console.readings.dead_letter_snapshot import queue_to_itself
from scripts.dead_letters.queue_name import QueueName


class Holder:
    """A work that has a queue to itself until it may end."""

    def __init__(self, console: Console, queue: QueueName = QueueName.webhooks) -> None:
        self.has_it, self.may_end = threading.Event(), threading.Event()
        self.work = console.start("holding", lambda control: self._hold(console, queue, control))

    def _hold(self, console: Console, queue: QueueName, control: Control) -> None:
        with queue_to_itself(console, queue, control):
            self.has_it.set()
            self.may_end.wait(10)
