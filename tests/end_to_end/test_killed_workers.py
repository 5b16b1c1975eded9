"""Workers killed at random more than fifty times lose no event and start no execution twice."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from processor.routing.compile import load
from processor.routing.router import Router
from scripts.devtools.soak.soak_verdict import Arrival, digest_of, expected_of, judge
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
YOUTH_SECONDS = 1.0


@pytest.fixture(scope="module")
def stack(running_briefly: Running) -> Iterator[Stack]:
    """Open the stack of this module's run."""
    with watched(running_briefly) as stack:
        yield stack


@pytest.fixture(scope="module")
def running_briefly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start a run in which the event of a killed worker returns within seconds, as often as needed."""
    parameters = ("ProcessorTimeout=15", "VisibilityTimeout=18", "MaxReceiveCount=50")
    arguments = [f"--parameter={parameter}" for parameter in parameters]
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples", *arguments) as run:
        yield run


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


def kill_some(run: Running, stack: Stack, sender: Sender) -> list[float]:
    """Kill workers one by one at random moments, and return the times.

    Only workers that have run for a while are killed, because a new one would still import its modules.
    """
    kills: list[float] = []
    since: dict[int, float] = {}

    def at_work() -> list[int]:
        now = time.monotonic()
        return [
            pid
            for pid in workers.of(run.emulator, workers.PROCESSOR)
            if now - since.setdefault(pid, now) > YOUTH_SECONDS
        ]

    while len(kills) < KILLS:
        stack.log.read()  # reading covers only the last half minute
        before = sender.keep_busy()
        eventually(lambda: at_work() and stack.queued() < before)  # noqa: B023 - called at once
        time.sleep(random.uniform(0, 0.05))  # noqa: S311 - a delay, not a secret
        alive = at_work()
        if alive and workers.kill(random.choice(alive)):  # noqa: S311 - as above
            kills.append(time.time())
    return kills


def arrival_of(seen: Sighting) -> Arrival:
    return Arrival(digest_of(seen.body), seen.topic, seen.published, seen.message_id)


def unexplained(copies: Sequence[Arrival], kills: list[float]) -> int:
    """Return how many copies no kill explains; the emulator truncates times to whole seconds."""
    times = sorted(each.published for each in copies)
    return sum(not any(first <= kill <= second + 1 for kill in kills) for first, second in pairwise(times))


@pytest.mark.skipif(not workers.can_be_seen(), reason="workers are seen by /proc, which only Linux has")
def test_f23_killed_workers_lose_no_event_and_start_no_execution_twice(
    running_briefly: Running, stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    """Every loan is delivered and every job starts one execution; a kill explains each message that arrives twice."""
    sender = Sender(stack)
    kills = kill_some(running_briefly, stack, sender)
    count = len(sender.loans) + len(sender.jobs)

    def all_processed() -> bool:
        stack.log.insist()
        return len(stack.log.outcomes) >= count and stack.queued() == 0

    eventually(all_processed, seconds=240)
    drain(stack.subscriptions, seconds=120)
    arrivals = [arrival_of(seen) for seen in stack.subscriptions.sightings]
    started = [arn.rpartition(":")[2] for arn in stack.executions()]
    expected = {digest_of(body): expected_of(body, ROUTER, "alma") for body in [*sender.loans, *sender.jobs]}
    found = judge(expected, arrivals, started, [], lambda copies, _: unexplained(copies, kills))
    lines = stack.log.outcomes.values()
    hit = sum(line["receives"] > 1 for line in lines)
    outcomes = dict(Counter(line["outcome"] for line in lines))
    summary = f"{found.counts}, {len(kills)} kills, {hit} retried, {outcomes}"
    record_property("summary", summary)
    assert found.is_good, (summary, found)
    assert hit >= KILLS // 4, summary
    assert "dead" not in outcomes, summary
