"""A seeded scheduler with a clock of its own. One task runs at a time; it hands over only where it lets time pass."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it has no types

# A day in January, far from any change of clocks: powertools uses local time.
BEGINNING: Final = 1_800_000_000.0

# Far more than any interleaving takes, which has some hundreds.
MOST_STEPS: Final = 20_000


class KilledError(BaseException):
    """The process of a task has ended. No code may handle it, so it is no Exception."""


class EndlessError(AssertionError):
    """An interleaving does not end."""


@dataclass(eq=False)
class Interrupts:
    """Ctrl-C as the commands handle it (scripts/cli/signals.py): once, and not while it is deferred."""

    deferring: int = 0
    is_received: bool = False
    is_due: bool = False

    def receive(self) -> None:
        """Raise KeyboardInterrupt, or later if it is deferred."""
        self.is_due, self.is_received = not self.is_received, True
        self._raise_if_due()

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Delay an interruption until the end of the block."""
        self.deferring += 1
        try:
            yield
        finally:
            self.deferring -= 1
            self._raise_if_due()

    def _raise_if_due(self) -> None:
        if self.is_due and not self.deferring:
            self.is_due = False
            raise KeyboardInterrupt


@dataclass(eq=False)
class Task:
    """A process or a worker: `skew` is how many seconds its clock is ahead, `deadline` when it will be killed.

    `attempt` is a number that no other invocation has; it works on the message `message_id`. `key` is that of the
    delivery that is being made. An operator's task can be interrupted, by Ctrl-C.
    """

    name: str
    skew: float = 0.0
    deadline: float = float("inf")
    attempt: int = 0
    message_id: str = ""
    key: str = ""
    is_killed: bool = False
    interrupts: Interrupts | None = None


@dataclass(eq=False)
class Schedule:
    """Tasks and callbacks by the time at which they go on; those of the same time in an order that the seed decides.

    `now` is in seconds since 1970. With `is_traced` each step is in the `trace`.
    """

    seed: int
    is_traced: bool = False
    now: float = BEGINNING
    task: Task = field(default_factory=lambda: Task("beginning"))
    trace: list[str] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 -- repeatable, no secret
        self._waiting: list[tuple[float, float, int, Any, Task]] = []
        self._numbers = itertools.count()
        self._hub = getcurrent()
        self._attempts = itertools.count(1)

    def next_attempt(self) -> int:
        """Return a number that no other attempt has."""
        return next(self._attempts)

    def start(self, task: Task, run: Callable[[], None], after: float = 0.0) -> None:
        """Run a task after these seconds."""
        self._push(self.now + after, greenlet(run, self._hub), task)

    def later(self, seconds: float, effect: Callable[[], object]) -> None:
        """Call `effect` after these seconds, also if the task has been killed by then."""
        self._push(self.now + seconds, effect, self.task)

    def run(self) -> None:
        """Run until nothing waits any more. Raise what a task raised; EndlessError."""
        while self._waiting:
            at, _, _, do, task = heapq.heappop(self._waiting)
            self.now, self.task = max(self.now, at), task
            self._step()
            if isinstance(do, greenlet):
                do.switch()
            else:
                do()

    def sleep(self, seconds: float) -> None:
        """Let time pass for the task. Raise KilledError if its process ends meanwhile."""
        task = self.task
        self.check()
        wakes = self.now + max(0.0, seconds)
        is_over = wakes >= task.deadline
        self._wait(min(wakes, task.deadline), task)
        if is_over:
            self.say("killed: its time is over")
            self.kill()
        self.check()

    def _wait(self, until: float, task: Task) -> None:
        if self._waiting and self._waiting[0][0] <= until:
            self._push(until, getcurrent(), task)
            self._hub.switch()
        else:  # nothing else happens before
            self._step()
            self.now = until

    def _step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise EndlessError(f"after {MOST_STEPS} steps there is still something to do")

    def check(self) -> None:
        """Raise KilledError if the task was killed: code that cleans up must not go on."""
        if self.task.is_killed:
            raise KilledError

    def kill(self) -> None:
        """End the process of the task. Raise KilledError."""
        self.task.is_killed = True
        raise KilledError

    def say(self, text: str) -> None:
        """Add a line to the trace."""
        if self.is_traced:
            self.trace.append(f"{self.now - BEGINNING:9.3f} s  {self.task.name:<11} {text}")

    def wall(self) -> float:
        """Return the time by the clock of the task, which may be wrong."""
        return self.now + self.task.skew

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return self.now

    def _push(self, at: float, do: Any, task: Task) -> None:
        heapq.heappush(self._waiting, (at, self.random.random(), next(self._numbers), do, task))
