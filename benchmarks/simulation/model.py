"""The pipeline in simulated time: the gateway, the webhook queue, its mapping, the processor and its targets."""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from simpy import Environment, Event

from benchmarks.simulation.fair_queue import FairQueue, Message
from benchmarks.simulation.mapping import Mapping
from benchmarks.simulation.quota import Quota
from benchmarks.simulation.settings import (
    EXECUTIONS,
    HTTP_API,
    JOB,
    LAMBDA,
    RECORDS,
    THROTTLE,
    TOPICS,
    Outage,
    Settings,
)
from processor.errors import Transient

ATTEMPTS: Final = 3
"""Attempts at a delivery in one run (`processor/retries.py`); a test compares it, and the pauses."""

LONGEST_PAUSES: Final = (0.2, 0.4)
"""Seconds: the longest pause after each failed attempt but the last; it is drawn between 0 and this."""

WRITES: Final = 2
"""Writes to the table of deliveries for each delivery."""

_FAILURE: Final = Transient("transient", "AWS returned Throttling")

ProcessSteps = Generator[Event, Any, None]
"""What SimPy runs as a process: it yields the events that it waits for."""


@dataclass(slots=True)
class Outcomes:
    """What happened: times sent and seconds until delivery by family, and counts.

    At `full_at` the mapping reached its maximum concurrency.
    """

    sent_at: dict[str, "array[float]"] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    seconds: dict[str, "array[float]"] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    dead: Counter[str] = field(default_factory=Counter)
    queued: int = 0
    retried: int = 0
    cold_starts: int = 0
    most_in_flight: int = 0
    longest_backlog: int = 0
    last_at: float = 0.0
    full_at: float = math.inf


class Model:
    """A pipeline. `env` has the clock; `send` and `post` add events, `env.run()` ends when all have an outcome."""

    def __init__(self, settings: Settings, seed: str) -> None:
        self.env = Environment()
        self.random = Random(seed)  # noqa: S311 - a simulation, not a secret
        self.outcomes = Outcomes()
        quotas = settings.quotas
        ingests = quotas.lambda_runs - settings.mapping.maximum_concurrency
        self.quotas = {
            THROTTLE: Quota(*quotas.stack_throttle),
            HTTP_API: Quota(*quotas.http_api),
            LAMBDA: Quota(ingests / settings.times.ingest, ingests),
            TOPICS: Quota(quotas.topics, quotas.topics),
            EXECUTIONS: Quota(*quotas.executions),
            RECORDS: Quota(quotas.writes, quotas.writes),
        }
        self._settings = settings._replace(policy=settings.policy._replace(random=self.random.random))
        self._queue = FairQueue(settings.rules)
        self._mapping = Mapping(settings.mapping)
        self._busy = self._warm = 0
        self._is_growing = False

    def post(self, family: str, count: int) -> int:
        """Post events to the gateway; return how many were queued. The others are answered 429 or 5XX."""
        for name in (THROTTLE, HTTP_API, LAMBDA):
            count = self.quotas[name].take(self.env.now, count)
        for _ in range(count):
            self.send(family)
        return count

    def send(self, family: str) -> None:
        """Put an event on the queue."""
        now = self.env.now
        self._queue.send(Message(family, family if self._settings.has_groups else "", now), now)
        self.outcomes.queued += 1
        self._start_runs()

    def _start_runs(self, _: Event | None = None) -> None:
        self._mapping.begin(self._busy, self.env.now)
        while self._busy < self._mapping.limit and (message := self._queue.receive(self.env.now)):
            self._busy += 1
            self.env.process(self._run(message))
            if self._busy == self._mapping.rules.maximum_concurrency:
                self.outcomes.full_at = min(self.outcomes.full_at, self.env.now)
        backlog = self._queue.backlog
        self.outcomes.longest_backlog = max(self.outcomes.longest_backlog, backlog)
        if backlog and not self._is_growing and self._mapping.can_grow:
            self._is_growing = True
            self.env.process(self._grow())

    def _grow(self) -> ProcessSteps:
        while self._queue.backlog and self._mapping.can_grow:
            yield self.env.timeout(self._mapping.rules.seconds_between_steps)
            if self._queue.backlog:
                self._mapping.grow()
                self._start_runs()
        self._is_growing = False

    def _run(self, first: Message) -> ProcessSteps:
        """Process this message, and then others, in one environment."""
        cold = self._warm == 0
        self._warm -= not cold
        if cold:
            self.outcomes.cold_starts += 1
            yield self.env.timeout(self._settings.times.cold)
        message: Message | None = first
        while message:
            yield from self._process(message)
            message = self._queue.receive(self.env.now)
        self._busy -= 1
        self._warm += 1
        self._mapping.rest(self.env.now)

    def _process(self, message: Message) -> ProcessSteps:
        yield self.env.timeout(self._settings.times.warm(self.random))
        is_delivered = not self._fails() and self.quotas[RECORDS].take(self.env.now, WRITES) == WRITES
        for attempt in range(ATTEMPTS if is_delivered else 0):
            if attempt:
                pause = self.random.uniform(0, LONGEST_PAUSES[attempt - 1])
                yield self.env.timeout(pause + self._settings.times.call(self.random))
            outage = self._outage(message)
            if outage:
                yield self.env.timeout(outage.attempt_seconds)
            is_delivered = not outage and bool(self._target(message).take(self.env.now))
            if is_delivered:
                break
        self._end(message, is_delivered=is_delivered)

    def _fails(self) -> bool:
        failing = self._settings.failing
        return bool(failing and self.random.random() < failing(self.env.now))

    def _outage(self, message: Message) -> Outage | None:
        outage = self._settings.outage
        is_out = outage and outage.family == message.family and outage.begins <= self.env.now < outage.ends
        return outage if is_out else None

    def _target(self, message: Message) -> Quota:
        return self.quotas[EXECUTIONS if message.family == JOB else TOPICS]

    def _end(self, message: Message, *, is_delivered: bool) -> None:
        now, outcomes, policy = self.env.now, self.outcomes, self._settings.policy
        outcomes.most_in_flight = max(outcomes.most_in_flight, self._queue.in_flight)
        if not is_delivered and not policy.is_exhausted(message.receives):
            outcomes.retried += 1
            seconds = policy.backoff_seconds(_FAILURE, message.receives)
            self._queue.postpone(message, seconds, now)
            wake: Any = self.env.timeout(seconds)
            wake.callbacks.append(self._start_runs)
            return
        self._queue.delete(message, now)
        outcomes.last_at = now
        if is_delivered:
            outcomes.sent_at[message.family].append(message.sent_at)
            outcomes.seconds[message.family].append(now - message.sent_at)
        else:
            outcomes.dead[message.family] += 1
