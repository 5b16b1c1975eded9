"""What tests of the simulation build with: sources, plans, and an Alma whose clock stands still until it sleeps."""

import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from scripts.alma_client.retry_policy import AttemptResult, Verdict
from scripts.alma_client.samples import load_all
from scripts.cli.signals import Interrupts
from scripts.devtools.simulator.planned_posts import Injections, PlannedPost, planned_posts
from scripts.devtools.simulator.simulated_events import EventMaker, Source, parse_mix
from scripts.devtools.simulator.simulation import Excuse, Pacing, Simulation, Times
from scripts.devtools.simulator.simulation_tally import PostResult, Tally
from tests.ingest.clocks import FakeClock

SOURCES = [Source.of(sample) for sample in load_all()]


def maker(mix: str = "LOAN,JOB_END,USER,BIB", seed: int = 1) -> EventMaker:
    return EventMaker(parse_mix(mix, SOURCES), seed)


def plan(injections: Injections, events: int = 200, seed: int = 1) -> list[PlannedPost]:
    return list(planned_posts(maker(seed=seed), injections, seed, events))


def planned(number: int = 1, *, is_forged: bool = False) -> PlannedPost:
    return PlannedPost(number, "LOAN_CREATED", b"body %d" % number, "application/json", is_forged=is_forged)


def ended(verdict: Verdict, number: int = 1, status: int | None = 200, attempts: int = 1) -> PostResult:
    return PostResult(planned(number), AttemptResult(status, f"r-{number}", 0.1), attempts, verdict)


class Attempt(NamedTuple):
    """One attempt, as the listener sees it."""

    at: float
    number: int
    body: bytes
    signature: str


class Scene:
    """A simulation with answers by script: for each post's number its statuses, the last for ever; 200 for others."""

    def __init__(self, **statuses: list[int | None]) -> None:
        self.clock = FakeClock(0.0)
        self.tally = Tally()
        self.attempts: list[Attempt] = []
        self.ended: list[PostResult] = []
        self.while_posting: Callable[[Attempt], None] = lambda _: None
        self.sleep: Callable[[float], None] = self.clock.pass_
        self.is_excused: Excuse = lambda *_: False
        self._statuses = {int(name[1:]): list(script) for name, script in statuses.items()}
        self._lock = threading.Lock()

    def run(self, pacing: Pacing, events: int = 1, forged: tuple[int, ...] = ()) -> bool:
        numbers = range(1, events + 1)
        posts = (planned(each, is_forged=each in forged)._replace(signature=f"signature {each}") for each in numbers)
        return self.post_all(posts, pacing)

    def post_all(self, posts: Iterator[PlannedPost], pacing: Pacing) -> bool:
        times = Times(self.clock, self.sleep)
        with Interrupts() as interrupts:
            simulation = Simulation(posts, self._post, pacing, self.tally, times, self.is_excused)
            return simulation.run(interrupts, lambda: None, self.ended.append)

    def times_of(self, number: int) -> list[float]:
        return [round(attempt.at, 6) for attempt in self.attempts if attempt.number == number]

    def _post(self, post: PlannedPost) -> AttemptResult:
        number = post.number
        attempt = Attempt(self.clock.now, number, post.body, post.signature)
        with self._lock:
            self.attempts.append(attempt)
            script = self._statuses.get(number, [200])
            status = script.pop(0) if len(script) > 1 else script[0]
        self.while_posting(attempt)
        return AttemptResult(status, f"r-{number}" if status == 200 else None, 0.01)
