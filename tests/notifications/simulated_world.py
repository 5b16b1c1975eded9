"""A simulation of several workers on one queue: one runs at a time, in the order of a simulated clock.

Every operation takes some simulated time, so the workers take turns in the middle of their attempts. The seed decides
about all of it: a run can be repeated exactly.
"""

import heapq
import itertools
import json
import random
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from ingest.envelope import QueuedMessage
from notifications.integrations.integration import Accepted, Connections, Outgoing
from notifications.notification import Notification
from processor.errors import Transient
from tests.notifications.fake_integration import FakeChat, FakeConfiguration
from tests.notifications.fake_sender_queue import FakeSenderQueue
from tests.notifications.sender_case import START, SenderCase, queued, record_of_message

VISIBILITY_SECONDS = 180.0
FUNCTION_SECONDS = 30.0
MOST_RECEIVES = 8


class KilledWorker(BaseException):
    """Ends a worker; no handler of Exception sees it."""


class World:
    """A clock that moves when all workers sleep."""

    def __init__(self, seed: int) -> None:
        self.now = START
        self.random = random.Random(seed)  # noqa: S311 -- a simulation
        self.failures: list[BaseException] = []
        self._sleeping: list[tuple[float, int, threading.Lock]] = []
        self._order = itertools.count()

    def sleep(self, seconds: float) -> None:
        """Let the others run until these seconds have passed."""
        woken = self._asleep(seconds)
        self._wake_next()
        woken.acquire()

    def run(self, workers: list[Callable[[], None]]) -> None:
        """Run the workers until all have ended. Raise the first exception of any."""
        threads = [threading.Thread(target=self._run, args=(worker, self._asleep(0))) for worker in workers]
        for thread in threads:
            thread.start()
        self._wake_next()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _run(self, worker: Callable[[], None], woken: threading.Lock) -> None:
        woken.acquire()
        try:
            worker()
        except BaseException as failure:  # noqa: BLE001 -- raised in the test's own thread
            self.failures.append(failure)
        self._wake_next()

    def _asleep(self, seconds: float) -> threading.Lock:
        """Return a lock that is released after these seconds; an Event takes several times as long."""
        woken = threading.Lock()
        woken.acquire()
        heapq.heappush(self._sleeping, (self.now + seconds, next(self._order), woken))
        return woken

    def _wake_next(self) -> None:
        if self._sleeping:
            time, _, woken = heapq.heappop(self._sleeping)
            self.now = max(self.now, time)
            woken.release()


class SimulatedMessage:
    """A message on the simulated queue."""

    def __init__(self, record: dict[str, Any], visible_at: float) -> None:
        self.record = record
        self.visible_at = visible_at
        self.receives = 0


class SimulatedQueue(FakeSenderQueue):
    """A queue that hides messages, and delivers some of them twice."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.messages: list[SimulatedMessage] = []
        self.redriven: list[SimulatedMessage] = []
        self._numbers = itertools.count()
        self.twice = 0.0  # the share of receives after which a message is visible again at once

    def add(self, record: dict[str, Any], seconds: float) -> None:
        numbered = {**record, "messageId": next(self._numbers), "attributes": dict(record["attributes"])}
        self.messages.append(SimulatedMessage(numbered, self.world.now + seconds))

    def receive(self) -> SimulatedMessage | None:
        visible = [message for message in self.messages if message.visible_at <= self.world.now]
        if not visible:
            return None
        message = self.world.random.choice(visible)
        message.receives += 1
        if message.receives > MOST_RECEIVES:
            self.messages.remove(message)
            self.redriven.append(message)
            return None
        hidden = 0.05 if self.world.random.random() < self.twice else VISIBILITY_SECONDS
        message.visible_at = self.world.now + hidden
        return message

    def postpone(self, record: dict[str, Any], seconds: int) -> bool:
        for message in self.messages:
            if message.record["messageId"] == record["messageId"]:
                message.visible_at = self.world.now + seconds
        return True

    def delete(self, message: SimulatedMessage) -> None:
        if message in self.messages:
            self.messages.remove(message)

    def send_again(self, record: dict[str, Any], seconds: int) -> None:
        self.add(record, seconds)

    def send(self, message: QueuedMessage, seconds: int, record: dict[str, Any]) -> None:
        super().send(message, seconds, record)
        self.add(record_of_message(message), seconds)


class Received(NamedTuple):
    """What the simulated service took: when it was asked, the text, and the id."""

    at: float
    text: str
    id: str


class SimulatedChat(FakeChat):
    """A chat that takes some time to answer. `dies` is the chance that a worker ends before it has the answer."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.dies = 0.0
        self.received: list[Received] = []

    def send(self, outgoing: Outgoing, configuration: FakeConfiguration, connections: Connections) -> Accepted:
        self.received.append(Received(self.world.now, outgoing.text, outgoing.id))
        self.world.sleep(self.world.random.uniform(0.05, 0.4))
        if self.world.random.random() < self.dies:
            raise KilledWorker
        return super().send(outgoing, configuration, connections)


class Simulation(SenderCase):
    """Workers that send events to one chat. `dies` and `slow` are chances at each operation on the table."""

    def __init__(self, seed: int, *, dies: float = 0.0, slow: float = 0.0) -> None:
        self.world = World(seed)
        self.dies = dies
        self.slow = slow
        self.chat = SimulatedChat(self.world)
        super().__init__(chat=self.chat, most=12)
        self.simulated.twice = 0.02
        self.killed = 0
        self.table.set_before(self._operation)

    @property
    def simulated(self) -> SimulatedQueue:
        assert isinstance(self.queue, SimulatedQueue)
        return self.queue

    def make_queue(self) -> FakeSenderQueue:
        return SimulatedQueue(self.world)

    def wall(self) -> float:
        return self.world.now

    def sleep(self, seconds: float) -> None:
        self.world.sleep(seconds)

    def run(self, events: list[Notification], workers: int, within: float) -> None:
        """Queue the events over a time, and run the workers until the queue is empty."""
        for event in events:
            self.simulated.add(queued(event), self.world.random.uniform(0, within))
        self.world.run([self._work] * workers)

    def _work(self) -> None:
        while self.simulated.messages:
            message = self.simulated.receive()
            if message is None:
                self.world.sleep(self.world.random.uniform(0.1, 1.0))
                continue
            try:
                self._process(message)
            except KilledWorker:
                self.killed += 1
            except Transient:
                pass
            else:
                self.simulated.delete(message)

    def _process(self, message: SimulatedMessage) -> None:
        ends_at = self.world.now + FUNCTION_SECONDS
        message.record["attributes"]["ApproximateReceiveCount"] = str(message.receives)
        self.sender.process(message.record, lambda: ends_at - self.world.now)

    def _operation(self) -> None:
        is_slow = self.world.random.random() < self.slow
        self.world.sleep(12.0 if is_slow else self.world.random.uniform(0.002, 0.04))
        if self.world.random.random() < self.dies:
            raise KilledWorker


def counts(texts: list[str]) -> int:
    """Return the sum of the numbers in summaries."""
    return sum(int(text.split()[2]) for text in texts if text.startswith("…"))


def event_texts(texts: list[str]) -> list[str]:
    """Return the texts that are not summaries."""
    return [text for text in texts if not text.startswith("…")]


def as_line(received: list[Received]) -> str:
    """Return what was received, for the message of a failed test."""
    return json.dumps([(round(each.at - START, 3), each.text) for each in received], ensure_ascii=False)
