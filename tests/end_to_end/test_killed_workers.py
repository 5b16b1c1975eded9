"""Workers killed in the middle of their work, more than fifty times at random: nothing lost, no execution twice."""

import os
import random
import secrets
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from scripts.local.observe import Sighting
from tests.end_to_end.conftest import Stack, watched
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.test_deliveries import drain
from tests.end_to_end.test_events import fresh, pod
from tests.samples import body_of

KILLS = 56  # some may hit a worker between two messages
EVENTS = 1200
EVERY_THIRD = 3

YOUTH_SECONDS = 1.5

# From a publish to its record: milliseconds when nothing is in the way; the engine can be busy.
BETWEEN_PUBLISH_AND_RECORD_SECONDS = 2.0


@pytest.fixture(scope="module")
def stack(running_briefly: Running) -> Iterator[Stack]:
    """The stack of a run of its own."""
    with watched(running_briefly) as stack:
        yield stack


@pytest.fixture(scope="module")
def running_briefly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A run in which what a dead worker had begun comes back within seconds, as often as need be."""
    parameters = ("ProcessorTimeout=10", "VisibilityTimeout=12", "MaxReceiveCount=50")
    arguments = [f"--parameter={parameter}" for parameter in parameters]
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples", *arguments) as run:
        yield run


def processors(run: Running) -> list[int]:
    """The processes that run the processor."""
    return [pid for pid in run.workers() if b"DELIVERIES_TABLE=" in _environment(pid)]


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""  # it has ended


def kill_some(run: Running, stack: Stack, chance: random.Random) -> list[float]:
    """Kills workers one by one at random moments of their work; when each was killed.

    Those that have worked a while: a young one would be hit while it imports.
    """
    kills: list[float] = []
    since: dict[int, float] = {}

    def at_work() -> list[int]:
        now = time.monotonic()
        return [pid for pid in processors(run) if now - since.setdefault(pid, now) > YOUTH_SECONDS]

    while len(kills) < KILLS:
        stack.log.read()  # it looks back half a minute and no further
        before = stack.queued()
        assert before > 0, f"all the work was done after {len(kills)} kills"
        eventually(lambda: at_work() and stack.queued() < before)  # noqa: B023 - called at once
        time.sleep(chance.uniform(0, 0.05))
        with suppress(ProcessLookupError, IndexError):  # it has ended by itself
            os.kill(chance.choice(at_work()), signal.SIGKILL)
            kills.append(time.time())
    return kills


def unexplained(repeated: list[Sighting], kills: list[float]) -> list[str]:
    """The messages that came again although no kill of its own, each used once, followed the publish at once."""
    left, unused = [], sorted(kills)
    for copy in sorted(repeated, key=lambda seen: seen.published):
        near = [kill for kill in unused if 0 <= kill - copy.published <= BETWEEN_PUBLISH_AND_RECORD_SECONDS]
        if near:
            unused.remove(near[0])
        else:
            left.append(copy.receipt_id)
    return left


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="tells the processor's workers by /proc")
def test_f23_workers_killed_in_mid_delivery_lose_nothing_and_start_nothing_twice(
    running_briefly: Running, stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    """Every loan is at its topic, every job is one execution; a message came twice only where a kill explains it."""
    loans = [fresh(body_of("loan-created")) for number in range(EVENTS) if number % EVERY_THIRD]
    jobs = [pod() for number in range(EVENTS) if not number % EVERY_THIRD]
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(stack.accepted, [*loans, *jobs]))
    seed = secrets.randbits(32)
    kills = kill_some(running_briefly, stack, random.Random(seed))  # noqa: S311 - moments, no secrets

    def all_done() -> bool:
        stack.log.read()
        return len(stack.log.outcomes) >= len(receipts) and stack.queued() == 0

    eventually(all_done, seconds=180)
    drain(stack.subscriptions, seconds=60)
    copies: dict[bytes, list[Sighting]] = defaultdict(list)
    for seen in sorted(stack.subscriptions.sightings, key=lambda seen: seen.published):
        copies[seen.body].append(seen)
    repeated = [copy for seen in copies.values() for copy in seen[:-1]]
    lines = stack.log.outcomes.values()
    hit = sum(line["receives"] > 1 for line in lines)
    outcomes = Counter(line["outcome"] for line in lines)
    told = (
        f"seed {seed}: {len(kills)} kills, {hit} events tried again, {len(repeated)} published again, {dict(outcomes)}"
    )
    record_property("told", told)
    assert hit >= KILLS // 2, told
    assert set(copies) == set(loans), told
    assert len(stack.executions()) == len(jobs), told
    assert unexplained(repeated, kills) == [], told
    assert outcomes["dead"] == 0, told
