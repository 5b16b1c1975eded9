"""Soak test: run the local pipeline with a simulated Alma and injected faults, and check every guarantee.

Results are counted at subscribed queues, executions and dead letters, by digests of the bodies, never by our own
metrics.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from processor.routing.compile import load
from processor.routing.router import Router
from scripts.alma_client.samples import load_all
from scripts.aws import ports
from scripts.aws.nudge import nudge
from scripts.cli.exit_codes import ConfigurationError, FailedError, StoppedError
from scripts.cli.signals import Interrupts
from scripts.devtools.simulator.planned_posts import Injections, PlannedPost, planned_posts
from scripts.devtools.simulator.simulate import poster, signed
from scripts.devtools.simulator.simulated_events import EventMaker, Source, parse_mix
from scripts.devtools.simulator.simulation import Pacing, Simulation, Times
from scripts.devtools.simulator.simulation_tally import PostResult, Tally
from scripts.devtools.soak.fault_plan import FaultSchedule, windows
from scripts.devtools.soak.fault_proxy import fault_proxy
from scripts.devtools.soak.soak_drain import Drain
from scripts.devtools.soak.soak_excuses import CallLedger, ExcusedAttempts
from scripts.devtools.soak.soak_faults import Killer, SigningSecret
from scripts.devtools.soak.soak_report import MEGABYTE, MemorySample, report
from scripts.devtools.soak.soak_verdict import Expected, digest_of, expected_of
from scripts.devtools.soak.soak_watch import Operator, Watcher
from scripts.local import pipeline, workers
from scripts.local.observe import Subscriptions, subscribed
from scripts.project import folder
from scripts.routes.check import ROUTES

_PROFILE: Final = "alma"
_MIX: Final = "LOAN=8,REQUEST=4,USER=2,BIB=2,ITEM=2,JOB_END=4,NOTIFICATION,HOLDING"
_INJECTIONS: Final = Injections(duplicates=0.05, reorder=0.1, bad_signatures=0.01, odd_bytes=0.02)
_RATE: Final = 20.0
# An hour of Alma's retry delay takes three seconds. Attempts with a recorded cause do not count (`ExcusedAttempts`).
_PACING: Final = Pacing(_RATE, 1200.0, 8)
_SECRET_LIFETIME: Final = 5
PARAMETERS: Final = {
    "ProcessorTimeout": "15",
    "VisibilityTimeout": "6",
    "MaxReceiveCount": "50",
    "SecretLifetimeSeconds": str(_SECRET_LIFETIME),
}
_QUIET_SECONDS: Final = 4.0
# The longest wait without an arrival or a call while messages are queued: longer than the delay after seven failures.
_LONGEST_END_SECONDS: Final = 600.0


def soak(events: int, seed: int, show: Callable[[str], None], *, holds: bool = False) -> dict[str, Any]:
    """Run the soak test and return its report as JSON values. Raise ConfigurationError, FailedError or StoppedError.

    If it `holds` the events, the processor receives the first when the last is sent, and the report has the drain.
    """
    if not workers.can_be_seen():
        raise ConfigurationError("The soak test finds the processes of the emulator in /proc; run it on Linux.")
    port = ports.free(0)
    proxy_port = next(other for other in iter(lambda: ports.free(0), None) if other != port)
    call = f"http://{ports.HOST}:{proxy_port}"
    planned = pipeline.plan(port, None, _PROFILE, PARAMETERS, folder.example())._replace(functions_call=call)
    schedule, ledger = FaultSchedule(windows(seed, events), seed), CallLedger()
    with Interrupts() as interrupts, ExitStack() as exits:
        try:
            emulator_url = f"http://{ports.HOST}:{planned.port}"
            exits.enter_context(fault_proxy(proxy_port, emulator_url, schedule, ledger))
            running = exits.enter_context(pipeline.up(planned, interrupts, show))
            subscriptions = exits.enter_context(subscribed(running.aws, running.stack.topics, interrupts))
            run = SoakRun(events, seed, show, running, subscriptions, schedule, ledger)
            return run.through(interrupts, Drain(running) if holds else None)
        except KeyboardInterrupt:
            raise StoppedError("Stopped before the soak test was complete.") from None


class SoakRun:
    """A soak test on a pipeline that has just started, with all participants and counts."""

    def __init__(
        self,
        events: int,
        seed: int,
        show: Callable[[str], None],
        running: pipeline.Pipeline,
        subscriptions: Subscriptions,
        schedule: FaultSchedule,
        ledger: CallLedger,
    ) -> None:
        if running.emulator.process is None:
            raise FailedError("The emulator was not started by this command.")
        self._session = running.emulator.process.pid
        self._show = show
        self._router = Router(load(ROUTES), pipeline.STAGE)
        self.events, self.seed, self.running = events, seed, running
        self.schedule, self.ledger = schedule, ledger
        self.expected: dict[str, Expected] = {}
        self.tally = Tally()
        self.samples: list[MemorySample] = []
        self.left_waiting = 0
        self.secret = SigningSecret(running, _SECRET_LIFETIME)
        self.operator = Operator(running, lambda digest: self.expected.get(digest, Expected()).is_dead)
        self.watcher = Watcher(subscriptions)
        self.killer = Killer(self._session, seed, lambda: len(self.watcher.arrivals))
        self.excuses = ExcusedAttempts(lambda: schedule.ingest_disturbed_at, lambda: self.killer.ingest_killed_at)
        self.began_at = time.time()
        self._began = time.monotonic()

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._began

    def through(self, interrupts: Interrupts, drain: Drain | None) -> dict[str, Any]:
        """Run the test; return the report. Raise KeyboardInterrupt if it is interrupted."""
        if drain:
            drain.hold()
        with background(self.watcher.work):
            with background(self.killer.work):
                self._send(interrupts)
            self.secret.finish(self._sample)
            self._show("all events are sent; waiting for the deliveries")
            if drain:
                drain.release()
            self._await_the_end()
        if drain:
            drain.end()
        for name in ("IngestFunctionName", "ProcessorFunctionName"):
            nudge(self.running.aws, self.running.stack.outputs[name])  # flushes its log lines, for the reconciliation
        return report(self) | ({"drain": drain.facts(self.operator.replayed_at)} if drain else {})

    def _send(self, interrupts: Interrupts) -> None:
        shares = parse_mix(_MIX, [Source.of(sample) for sample in load_all()])
        posts = planned_posts(EventMaker(shares, self.seed), _INJECTIONS, self.seed, self.events)
        post, excuse = poster(self.running.url), self.excuses.is_excused
        simulation = Simulation(self._signed(posts), post, _PACING, self.tally, Times(), excuse)
        if not simulation.run(interrupts, self._sample, self._ended):
            raise KeyboardInterrupt

    def _signed(self, posts: Iterator[PlannedPost]) -> Iterator[PlannedPost]:
        for count, planned in enumerate(posts):
            if count == self.events // 3:
                self.secret.rotate()
            yield signed(planned, self.secret.value)

    def _ended(self, ended: PostResult) -> None:
        if ended.record:
            body = ended.planned.body
            self.expected[digest_of(body)] = expected_of(body, self._router, _PROFILE)

    def _await_the_end(self) -> None:
        quiet_since = began = time.monotonic()
        while time.monotonic() - max(quiet_since, self.watcher.last_at) < _QUIET_SECONDS:
            self.left_waiting = self.operator.round() + self.operator.queued() + self.watcher.waiting()
            if self.left_waiting:
                quiet_since = time.monotonic()
            if time.monotonic() - max(began, self.watcher.last_at, self.schedule.last_call_at) > _LONGEST_END_SECONDS:
                return  # too long without progress: the command reports that there is no verdict
            self._sample()
            time.sleep(0.2)

    def _sample(self) -> None:
        if self.samples and self.elapsed() - self.samples[-1].seconds < max(1.0, self.events / 2000):
            return
        arrived, kills = len(self.watcher.arrivals), self.killer.killed.total()
        memory = workers.resident_bytes(self._session)
        sample = MemorySample(round(self.elapsed(), 1), self.tally.sent, arrived, kills, memory)
        self.samples.append(sample)
        self._show(
            f"{sample.seconds:6.0f} s  sent {sample.sent} of {self.events}  arrived {arrived}  kills {kills}  "
            f"{memory // MEGABYTE} MB"
        )


@contextmanager
def background(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run `work` in a thread; at the end, set its event and wait until it returns."""
    ended = threading.Event()
    thread = threading.Thread(target=work, args=(ended,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
