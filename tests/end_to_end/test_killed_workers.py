"""Workers killed at random more than fifty times lose no event and start no execution twice."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from processor.routing.compile import load
from processor.routing.router import Router
from scripts.aws import emulator, ports
from scripts.cli.signals import Interrupts
from scripts.devtools.soak.fault_plan import FaultSchedule
from scripts.devtools.soak.fault_proxy import fault_proxy
from scripts.devtools.soak.soak_excuses import CallLedger
from scripts.devtools.soak.soak_verdict import Arrival, Expected, digest_of, expected_of, judge
from scripts.local import workers
from scripts.local.observe import Sighting
from scripts.routes.check import ROUTES
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_deliveries import drain
from tests.end_to_end.test_events import fresh, pod
from tests.samples import body_of

pytestmark = pytest.mark.full  # over fifty kills, a second apart

ROUTER = Router(load(ROUTES), "dev")
KILLS = 56  # some may hit a worker between two messages
BATCH = 120  # events sent at a time when the workers are about to run out of work
EVERY_THIRD = 3


@pytest.fixture(scope="module")
def ledger() -> CallLedger:
    """The calls of the functions, which show why a message was published again."""
    return CallLedger()


@pytest.fixture(scope="module")
def started(ledger: CallLedger) -> Iterator[emulator.Emulator]:
    """An emulator whose functions call AWS through a proxy, which injects no fault."""
    port = ports.free(0)
    with (
        fault_proxy(0, f"http://{ports.HOST}:{port}", FaultSchedule([], 0), ledger) as proxy_url,
        emulator.started(port, Interrupts(), proxy_url) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def stack(started: emulator.Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack in which the event of a killed worker returns within seconds, as often as needed."""
    parameters = ("ProcessorTimeout=15", "VisibilityTimeout=18", "MaxReceiveCount=50")
    arguments = [f"--parameter={parameter}" for parameter in parameters]
    url = f"--endpoint-url={started.endpoint_url}"
    with Running(tmp_path_factory.mktemp("run"), url, "--no-samples", *arguments) as run, watched(run) as stack:
        yield stack


class Sender:
    """Sends two loans for each job, and remembers them."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.loans: list[bytes] = []
        self.jobs: list[bytes] = []

    def keep_busy(self) -> int:
        """Send more events if few are left, and return how many wait or are in process."""
        if self._stack.queued() < BATCH / 2:
            jobs = [pod() for _ in range(BATCH // EVERY_THIRD)]
            loans = [fresh(body_of("loan-created")) for _ in range(BATCH - len(jobs))]
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(self._stack.accepted, [*loans, *jobs]))
            self.loans += loans
            self.jobs += jobs
        return self._stack.queued()


def has_called(pid: int) -> bool:
    """Return whether a worker has called AWS: it keeps its connections, and opens none as it starts."""
    with suppress(OSError):  # it has ended
        return any(str(file.readlink()).startswith("socket:") for file in Path(f"/proc/{pid}/fd").iterdir())
    return False


def kill_some(session: int, stack: Stack, sender: Sender) -> None:
    """Kill workers one by one at random moments.

    Only workers that have called AWS are killed: if one ends as it starts, the emulator kills all others too.
    """

    def at_work() -> list[int]:
        return [pid for pid in workers.of(session, workers.PROCESSOR) if has_called(pid)]

    kills = 0
    while kills < KILLS:
        stack.log.read()  # reading covers only the last half minute
        before = sender.keep_busy()
        eventually(lambda: at_work() and stack.queued() < before)  # noqa: B023 - called at once
        time.sleep(random.uniform(0, 0.05))  # noqa: S311 - a delay, not a secret
        alive = at_work()
        kills += bool(alive and workers.kill(random.choice(alive)))  # noqa: S311 - as above


def arrival_of(seen: Sighting) -> Arrival:
    return Arrival(digest_of(seen.body), seen.topic, seen.published, seen.message_id)


@pytest.mark.skipif(not workers.can_be_seen(), reason="workers are seen by /proc, which only Linux has")
def test_f23_killed_workers_lose_no_event_and_start_no_execution_twice(
    started: emulator.Emulator, ledger: CallLedger, stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    """Every loan is delivered and every job starts one execution; a lost response explains each message sent twice."""
    assert started.process
    sender = Sender(stack)
    kill_some(started.process.pid, stack, sender)
    count = len(sender.loans) + len(sender.jobs)

    def all_processed() -> bool:
        stack.log.insist()
        return len(stack.log.outcomes) >= count and stack.queued() == 0

    eventually(all_processed, seconds=240)
    drain(stack.subscriptions, seconds=120)
    arrivals = [arrival_of(seen) for seen in stack.subscriptions.sightings]
    executions = [arn.rpartition(":")[2] for arn in stack.executions()]
    expected = {digest_of(body): expected_of(body, ROUTER, "alma") for body in [*sender.loans, *sender.jobs]}

    def unexplained(copies: Sequence[Arrival], one: Expected) -> int:
        return ledger.unexplained([each.message_id for each in copies], one.records.get(copies[0].topic, ""))

    found = judge(expected, arrivals, executions, [], unexplained)
    lines = stack.log.outcomes.values()
    hit = sum(line["receives"] > 1 for line in lines)
    outcomes = dict(Counter(line["outcome"] for line in lines))
    summary = f"{found.counts}, {KILLS} kills, {hit} retried, {outcomes}"
    record_property("summary", summary)
    assert found.is_good, (summary, found)
    assert hit >= KILLS // 4, summary
    assert "dead" not in outcomes, summary
