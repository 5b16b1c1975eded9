"""Soak test: run the local pipeline with a simulated Alma and injected faults, and check every guarantee.

Results are counted at subscribed queues, executions and dead letters, by digests of the bodies, never by our own
metrics.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final, Protocol

from processor.routing.compile import load
from processor.routing.router import Router
from scripts.alma_client.client import signature
from scripts.alma_client.samples import load_all
from scripts.aws import ports
from scripts.cli.exit_codes import ConfigurationError, FailedError, StoppedError
from scripts.cli.signals import Interrupts
from scripts.devtools.simulator.planned_posts import Injections, PlannedPost, planned_posts
from scripts.devtools.simulator.simulate import poster
from scripts.devtools.simulator.simulated_events import EventMaker, Source, parse_mix
from scripts.devtools.simulator.simulation import Pacing, Signed, Simulation, Times
from scripts.devtools.simulator.simulation_tally import PostResult, Tally
from scripts.devtools.soak.call_ledger import CallLedger
from scripts.devtools.soak.fault_plan import FaultSchedule, windows
from scripts.devtools.soak.fault_proxy import FaultProxy
from scripts.devtools.soak.soak_expectations import Expected, digest_of, expected_of
from scripts.devtools.soak.soak_faults import Killer, SigningSecret
from scripts.devtools.soak.soak_growth import MemorySample, growth
from scripts.devtools.soak.soak_patience import ExcusedAttempts
from scripts.devtools.soak.soak_report import Seen, report
from scripts.devtools.soak.soak_watch import Operator, Watcher
from scripts.local import pipeline, workers
from scripts.local.observe import nudge, subscribed
from scripts.routes.check import ROUTES

_PROFILE: Final = "alma"
_MIX: Final = "LOAN=8,REQUEST=4,USER=2,BIB=2,ITEM=2,JOB_END=4,NOTIFICATION,HOLDING"
_INJECTIONS: Final = Injections(duplicates=0.05, reorder=0.1, bad_signatures=0.01, odd_bytes=0.02)
_RATE: Final = 20.0
# An hour of Alma's retry delay takes three seconds. Attempts with a recorded cause do not count (`soak_patience`).
_PACING: Final = Pacing(_RATE, 1200.0, 8)
_SECRET_LIFETIME: Final = 5
_PARAMETERS: Final = {
    "ProcessorTimeout": "15",
    "VisibilityTimeout": "6",
    "MaxReceiveCount": "50",
    "SecretLifetimeSeconds": str(_SECRET_LIFETIME),
}
_QUIET_SECONDS: Final = 4.0
# The longest wait without an arrival or a call while messages are queued: longer than the delay after seven failures.
_LONGEST_END_SECONDS: Final = 600.0
_FORGERS_SECRET: Final = "not-alma"  # noqa: S105 -- signs the forged posts; it is not a real secret


class SoakOutput(Protocol):
    """Shows the progress of a soak test."""

    def progress(self, text: str) -> None:
        """Show a step."""

    def sample(self, sample: MemorySample) -> None:
        """Show the current counts."""


def soak(events: int, seed: int, show: SoakOutput) -> dict[str, Any]:
    """Run the soak test and return its report as JSON values. Raise ConfigurationError, FailedError or StoppedError."""
    if not workers.can_be_seen():
        raise ConfigurationError("The soak test finds the processes of the emulator in /proc; run it on Linux.")
    port = ports.free(0)
    proxy_port = next(other for other in iter(lambda: ports.free(0), None) if other != port)
    call = f"http://{ports.HOST}:{proxy_port}"
    planned = pipeline.plan(port, None, _PROFILE, _PARAMETERS)._replace(functions_call=call)
    with Interrupts() as interrupts, ExitStack() as exits:
        try:
            run = _Soak(events, seed, show, interrupts)
            emulator_url = f"http://{ports.HOST}:{planned.port}"
            exits.enter_context(FaultProxy(proxy_port, emulator_url, run.schedule, run.ledger))
            running = exits.enter_context(pipeline.up(planned, interrupts, show.progress))
            return run.through(running)
        except KeyboardInterrupt:
            raise StoppedError("Stopped before the soak test was complete.") from None


class _Soak:
    def __init__(self, events: int, seed: int, show: SoakOutput, interrupts: Interrupts) -> None:
        self._events = events
        self._seed = seed
        self._show = show
        self._interrupts = interrupts
        self._router = Router(load(ROUTES), pipeline.STAGE)
        self._began = math.inf
        self._began_at = time.time()
        self._expected: dict[str, Expected] = {}
        self._tally = Tally()
        self._samples: list[MemorySample] = []
        self._left_waiting = 0
        self.schedule = FaultSchedule(windows(seed, events), seed)
        self.ledger = CallLedger()

    def through(self, running: pipeline.Pipeline) -> dict[str, Any]:
        """Run the test on a pipeline that has just started; return the report."""
        process = running.emulator.process
        if process is None:
            raise FailedError("The emulator was not started by this command.")
        self._secret = SigningSecret(running, _SECRET_LIFETIME)
        with subscribed(running.aws, running.stack.topics, self._interrupts) as subscriptions:
            operator = Operator(running, lambda digest: self._expected.get(digest, Expected()).is_dead)
            with Watcher(subscriptions) as watcher:
                self._began = time.monotonic()
                with Killer(process.pid, self._seed, lambda: len(watcher.arrivals)) as killer:
                    excuses = ExcusedAttempts(
                        lambda: self.schedule.ingest_disturbed_at, lambda: killer.ingest_killed_at
                    )

                    def take_sample() -> None:
                        self._sample(watcher, killer, process.pid)

                    self._send(running.url, excuses, take_sample)
                self._secret.finish(take_sample)
                self._show.progress("all events are sent; waiting for the deliveries")
                self._await_the_end(operator, watcher, take_sample)
            for name in ("IngestFunctionName", "ProcessorFunctionName"):
                nudge(running.aws, running.stack.outputs[name])  # flushes its last log lines, for the reconciliation
            parts = (self._tally, operator, watcher, killer, self.schedule, self.ledger, self._secret)
            seen = Seen(running, self._expected, *parts)
            return report(seen, self._began_at) | self._facts(excuses) | {"growth": growth(self._samples)}

    def _facts(self, excuses: ExcusedAttempts) -> dict[str, Any]:
        return {
            "events": self._events,
            "seed": self._seed,
            "seconds": round(self._elapsed(), 1),
            "excused": excuses.excused,
            "left_waiting": self._left_waiting,
        }

    def _send(self, url: str, excuses: ExcusedAttempts, take_sample: Callable[[], None]) -> None:
        shares = parse_mix(_MIX, [Source.of(sample) for sample in load_all()])
        posts = planned_posts(EventMaker(shares, self._seed), _INJECTIONS, self._seed, self._events)
        excuse = excuses.is_excused
        simulation = Simulation(self._signed(posts), poster(url), _PACING, self._tally, Times(), excuse)
        if not simulation.run(self._interrupts, take_sample, self._ended):
            raise KeyboardInterrupt

    def _signed(self, posts: Iterator[PlannedPost]) -> Iterator[Signed]:
        for count, planned in enumerate(posts):
            if count == self._events // 3:
                self._secret.rotate()
            secret = _FORGERS_SECRET if planned.is_forged else self._secret.value
            yield Signed(planned, signature(planned.body, secret=secret))

    def _ended(self, ended: PostResult) -> None:
        if ended.record:
            body = ended.planned.body
            self._expected[digest_of(body)] = expected_of(body, self._router, _PROFILE)

    def _await_the_end(self, operator: Operator, watcher: Watcher, take_sample: Callable[[], None]) -> None:
        quiet_since = began = time.monotonic()
        while time.monotonic() - max(quiet_since, watcher.last_at) < _QUIET_SECONDS:
            self._left_waiting = operator.round() + operator.queued() + watcher.waiting()
            if self._left_waiting:
                quiet_since = time.monotonic()
            if time.monotonic() - max(began, watcher.last_at, self.schedule.last_call_at) > _LONGEST_END_SECONDS:
                return  # too long without progress: the command reports that there is no verdict
            take_sample()
            time.sleep(0.2)

    def _sample(self, watcher: Watcher, killer: Killer, session: int) -> None:
        if self._samples and self._elapsed() - self._samples[-1].seconds < max(1.0, self._events / 2000):
            return
        memory = workers.resident_bytes(session)
        arrived, kills = len(watcher.arrivals), killer.killed.total()
        self._samples.append(MemorySample(round(self._elapsed(), 1), self._tally.sent, arrived, kills, memory))
        self._show.sample(self._samples[-1])

    def _elapsed(self) -> float:
        return time.monotonic() - self._began
