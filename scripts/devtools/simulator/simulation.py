"""Post concurrently at a rate, with Alma's retries, until every post is finished or Ctrl-C."""

import heapq
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final, NamedTuple

from scripts.alma_client.retry_policy import AttemptResult, has_failed, retry_seconds, verdict
from scripts.cli.signals import Interrupts
from scripts.devtools.simulator.planned_posts import PlannedPost
from scripts.devtools.simulator.simulation_tally import PostResult, Tally


class Signed(NamedTuple):
    """A post with its signature; every attempt sends both unchanged."""

    planned: PlannedPost
    signature: str


Post = Callable[[Signed], AttemptResult]
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
    signed: Signed
    attempts: int  # made so far
    excused: int = 0  # of them
    began: float = 0.0  # the attempt under way


class Simulation:
    """One run: each post has its own thread; the thread of the caller schedules them."""

    def __init__(
        self,
        posts: Iterator[Signed],
        post: Post,
        pacing: Pacing,
        tally: Tally,
        times: Times,
        is_excused: Excuse = lambda *_: False,
    ) -> None:
        self._posts = posts
        self._post = post
        self._pacing = pacing
        self._tally = tally
        self._times = times
        self._is_excused = is_excused
        self._began = times.clock()
        self._new: _Due | None = None
        self._taken = 0
        self._retries: list[_Due] = []
        self._under_way: dict[Future[AttemptResult], _Due] = {}

    def run(self, interrupts: Interrupts, report: Callable[[], None], ended: Callable[[PostResult], None]) -> bool:
        """Post until every post is finished. Return False if interrupted, after waiting for the posts in progress.

        `report` is called whenever something may have changed, `ended` with the result of each finished post.
        """
        with ThreadPoolExecutor(self._pacing.concurrency) as pool:
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
        while len(self._under_way) < self._pacing.concurrency:
            due = self._next()
            if due is None:
                return math.inf if self._under_way else None
            now = self._times.clock()
            if due.at > now:
                return due.at - now
            self._take(due, now)
            self._under_way[pool.submit(self._post, due.signed)] = due._replace(began=now)
        return math.inf

    def _next(self) -> _Due | None:
        """Return the next attempt, due or not. A due retry comes before new posts."""
        if self._retries and self._retries[0].at <= self._times.clock():
            return self._retries[0]
        if self._new is None:
            self._new = self._next_new()
        candidates = [due for due in (*self._retries[:1], self._new) if due]
        return min(candidates, key=lambda due: due.at, default=None)

    def _next_new(self) -> _Due | None:
        at = self._began + self._taken / self._pacing.rate
        end = self._began + self._pacing.seconds
        if at >= end or self._times.clock() >= end:
            return None
        signed = next(self._posts, None)
        return _Due(at, signed.planned.number, signed, 0) if signed else None

    def _take(self, due: _Due, now: float) -> None:
        if due is self._new:
            self._new = None
            self._taken += 1
            self._tally.began(due.signed.planned, now)
        else:
            heapq.heappop(self._retries)
            self._tally.retried += 1

    def _collect(self, ended: Callable[[PostResult], None]) -> None:
        for future in [future for future in self._under_way if future.done()]:
            due = self._under_way.pop(future)
            answer = future.result()
            self._tally.answered(answer)
            self._decide(due._replace(attempts=due.attempts + 1), answer, ended)

    def _decide(self, made: _Due, answer: AttemptResult, ended: Callable[[PostResult], None]) -> None:
        planned = made.signed.planned
        if has_failed(answer) and made.excused < _MOST_EXCUSED and self._is_excused(answer, made.began):
            made = made._replace(excused=made.excused + 1)
        counted = made.attempts - made.excused
        found = verdict(answer, counted, is_forged=planned.is_forged)
        if found is None:
            away = retry_seconds(max(counted, 1)) / self._pacing.scale
            heapq.heappush(self._retries, made._replace(at=self._times.clock() + away))
            return
        result = PostResult(planned, answer, made.attempts, found)
        self._tally.ended(result)
        ended(result)

    def _pause(self, seconds: float) -> None:
        """Wait for a response, at most this long."""
        if self._under_way:
            wait(self._under_way, None if math.isinf(seconds) else seconds, FIRST_COMPLETED)
        else:
            self._times.sleep(seconds)
