"""Workers killed in the middle of their work, more than fifty times at random: nothing lost, no execution twice."""

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

ROUTER = Router(load(ROUTES), "dev")
KILLS = 56  # some may hit a worker between two messages
BATCH = 120  # events sent at a time, whenever the workers are about to run out of work
EVERY_THIRD = 3
YOUTH_SECONDS = 1.0


@pytest.fixture(scope="module")
def stack(running_briefly: Running) -> Iterator[Stack]:
    """The stack of a run of its own."""
    with watched(running_briefly) as stack:
        yield stack


@pytest.fixture(scope="module")
def running_briefly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A run in which what a dead worker had begun comes back within seconds, as often as need be."""
    parameters = ("ProcessorTimeout=15", "VisibilityTimeout=18", "MaxReceiveCount=50")
    arguments = [f"--parameter={parameter}" for parameter in parameters]
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples", *arguments) as run:
        yield run


class Sender:
    """Sends loans and jobs, two to one, and remembers them."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.loans: list[bytes] = []
        self.jobs: list[bytes] = []

    def keep_busy(self) -> int:
        """How many events wait or are being processed; there is work left for a while."""
        if self._stack.queued() < BATCH / 2:
            jobs = [pod() for _ in range(BATCH // EVERY_THIRD)]
            loans = [fresh(body_of("loan-created")) for _ in range(BATCH - len(jobs))]
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(self._stack.accepted, [*loans, *jobs]))
            self.loans += loans
            self.jobs += jobs
        return self._stack.queued()


def kill_some(run: Running, stack: Stack, sender: Sender) -> list[float]:
    """Kills workers one by one at random moments of their work; when each was killed.

    Those that have worked a while: a young one would be hit while it imports.
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
        stack.log.read()  # it looks back half a minute and no further
        before = sender.keep_busy()
        eventually(lambda: at_work() and stack.queued() < before)  # noqa: B023 - called at once
        time.sleep(random.uniform(0, 0.05))  # noqa: S311 - a moment, no secret
        alive = at_work()
        if alive and workers.kill(random.choice(alive)):  # noqa: S311 - as above
            kills.append(time.time())
    return kills


def arrival_of(seen: Sighting) -> Arrival:
    return Arrival(digest_of(seen.body), seen.topic, seen.published, seen.message_id)


def unexplained(copies: Sequence[Arrival], kills: list[float]) -> int:
    """Copies before which no worker was killed since the one before; the emulator cuts times to whole seconds."""
    times = sorted(each.published for each in copies)
    return sum(not any(first <= kill <= second + 1 for kill in kills) for first, second in pairwise(times))


@pytest.mark.skipif(not workers.can_be_seen(), reason="workers are seen by /proc, which only Linux has")
def test_f23_workers_killed_in_mid_delivery_lose_nothing_and_start_nothing_twice(
    running_briefly: Running, stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    """Every loan is at its topic, every job is one execution; a message came twice only where a kill explains it."""
    sender = Sender(stack)
    kills = kill_some(running_briefly, stack, sender)
    count = len(sender.loans) + len(sender.jobs)

    def all_done() -> bool:
        stack.log.insist()
        return len(stack.log.outcomes) >= count and stack.queued() == 0

    eventually(all_done, seconds=240)
    drain(stack.subscriptions, seconds=120)
    arrivals = [arrival_of(seen) for seen in stack.subscriptions.sightings]
    started = [arn.rpartition(":")[2] for arn in stack.executions()]
    expected = {digest_of(body): expected_of(body, ROUTER, "alma") for body in [*sender.loans, *sender.jobs]}
    found = judge(expected, arrivals, started, [], lambda copies, _: unexplained(copies, kills))
    lines = stack.log.outcomes.values()
    hit = sum(line["receives"] > 1 for line in lines)
    outcomes = dict(Counter(line["outcome"] for line in lines))
    told = f"{found.counts}, {len(kills)} kills, {hit} tried again, {outcomes}"
    record_property("told", told)
    assert found.is_good, (told, found)
    assert hit >= KILLS // 4, told
    assert "dead" not in outcomes, told
