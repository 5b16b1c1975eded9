"""Post concurrently at a rate, with Alma's retries, until every post is finished or Ctrl-C."""

import heapq
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final, NamedTuple

from scripts.alma_client.retry_policy import AttemptResult, has_failed, retry_seconds, verdict
from scripts.cli.signals import Interrupts
from scripts.devtools.simulator.planned_posts import PlannedPost
from scripts.devtools.simulator.simulation_tally import PostResult, Tally

Post = Callable[[PlannedPost], AttemptResult]
"""Make one attempt. Called from several threads."""


Excuse = Callable[[AttemptResult, float], bool]
"""Return whether a failed attempt does not use up a retry. Takes the result and the start time of the attempt."""

# A limit, so that a post always ends.
_MOST_EXCUSED: Final = 40


class Pacing(NamedTuple):
    """`rate` events per second (inf: as fast as possible), Alma's retry delays divided by `scale`, `concurrency` posts.

    After `seconds` no new event is posted; retries continue.
    """

    rate: float
    scale: float
    concurrency: int
    seconds: float = math.inf


class Times(NamedTuple):
    """A monotonic clock and its sleep function."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class _Due(NamedTuple):
    """A planned attempt. At equal times the post with the lower number comes first."""

    at: float
    number: int
    planned: PlannedPost
    attempts: int = 0  # made so far
    excused: int = 0  # of them
    began: float = 0.0  # the attempt under way


@dataclass
class Simulation:
    """One run: each post has its own thread; the thread of the caller schedules them."""

    posts: Iterator[PlannedPost]
    post: Post
    pacing: Pacing
    tally: Tally
    times: Times
    is_excused: Excuse = lambda *_: False

    def __post_init__(self) -> None:
        self._began = self.times.clock()
        self._taken = 0
        self._waiting: list[_Due] = []  # a heap of all retries and the next new post
        self._has_new = False
        self._under_way: dict[Future[AttemptResult], _Due] = {}

    def run(self, interrupts: Interrupts, report: Callable[[], None], ended: Callable[[PostResult], None]) -> bool:
        """Post until every post is finished. Return False if interrupted, after waiting for the posts in progress.

        `report` is called whenever something may have changed, `ended` with the result of each finished post.
        """
        with ThreadPoolExecutor(self.pacing.concurrency) as pool:
            try:
                while True:
                    with interrupts.deferred():
                        self._collect(ended)
                        seconds = self._begin_what_is_due(pool)
                        report()
                    if seconds is None:
                        return True
                    self._pause(seconds)
            except KeyboardInterrupt:
                wait(self._under_way)
                self._collect(ended)
                return False

    def _begin_what_is_due(self, pool: ThreadPoolExecutor) -> float | None:
        """Start all due posts that `concurrency` allows. Return the seconds until the next, or None if none is left."""
        while len(self._under_way) < self.pacing.concurrency:
            now = self.times.clock()
            if not self._has_new:
                self._add_next_new(now)
            if not self._waiting:
                return math.inf if self._under_way else None
            if self._waiting[0].at > now:
                return self._waiting[0].at - now
            due = heapq.heappop(self._waiting)
            if due.attempts:
                self.tally.retried += 1
            else:
                self._has_new = False
                self._taken += 1
                self.tally.began(due.planned, now)
            self._under_way[pool.submit(self.post, due.planned)] = due._replace(began=now)
        return math.inf

    def _add_next_new(self, now: float) -> None:
        """Add the next new post. One that is late is due now, so that a retry that is due earlier comes first."""
        at = self._began + self._taken / self.pacing.rate
        end = self._began + self.pacing.seconds
        planned = next(self.posts, None) if at < end and now < end else None
        if planned:
            self._has_new = True
            heapq.heappush(self._waiting, _Due(max(at, now), planned.number, planned))

    def _collect(self, ended: Callable[[PostResult], None]) -> None:
        for future in [future for future in self._under_way if future.done()]:
            due = self._under_way.pop(future)
            answer = future.result()
            self.tally.answered(answer)
            self._decide(due._replace(attempts=due.attempts + 1), answer, ended)

    def _decide(self, made: _Due, answer: AttemptResult, ended: Callable[[PostResult], None]) -> None:
        planned = made.planned
        if has_failed(answer) and made.excused < _MOST_EXCUSED and self.is_excused(answer, made.began):
            made = made._replace(excused=made.excused + 1)
        counted = made.attempts - made.excused
        found = verdict(answer, counted, is_forged=planned.is_forged)
        if found is None:
            away = retry_seconds(max(counted, 1)) / self.pacing.scale
            heapq.heappush(self._waiting, made._replace(at=self.times.clock() + away))
            return
        result = PostResult(planned, answer, made.attempts, found)
        self.tally.ended(result)
        ended(result)

    def _pause(self, seconds: float) -> None:
        """Wait for a response, at most this long."""
        if self._under_way:
            wait(self._under_way, None if math.isinf(seconds) else seconds, FIRST_COMPLETED)
        else:
            self.times.sleep(seconds)
