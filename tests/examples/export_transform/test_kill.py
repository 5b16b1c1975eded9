"""The function killed at any moment and started again: no record is lost, and none is at the receiver twice."""

import random

import pytest

from tests.examples.export_transform.given import WRITTEN, counter, export_input
from tests.examples.export_transform.marc_samples import document, record
from tests.examples.export_transform.world import KilledError, World

COUNT = 400
GIVEN = export_input(counter(WRITTEN, str(COUNT)), expect="counter", batch_records=25)
FILES = {
    f"exports/{part}.xml": document(
        record(number, "short" if number % 50 == 7 else "00000nam a2200000 a 4500")
        for number in range(part * 200, part * 200 + 200)
    )
    for part in range(2)
}
GOOD = COUNT - 8


def completed(kills: dict[int, bool]) -> World:
    """Return the world after an execution whose process is killed at these calls: before their effect, or after it."""
    world = World(dict(FILES))
    for call in sorted(kills):
        world.kill_at, world.kill_before = call, kills[call]
        finished(world)
    world.kill_at = 0
    assert finished(world)
    return world


def finished(world: World) -> bool:
    """Run both steps in a new process; return whether it was not killed."""
    try:
        return (world.check(GIVEN).status, world.run(GIVEN).status) == ("found", "done")
    except KilledError:
        return False


def assert_exactly_once(world: World) -> None:
    """The totals reconcile, and a receiver that drops repeated keys has each good record once."""
    checkpoint = world.checkpoint(GIVEN)
    assert checkpoint.is_done
    assert checkpoint.totals == (COUNT, GOOD, COUNT - GOOD, 0, 0)
    assert checkpoint.totals.reconcile()
    assert len(world.records) == len(set(world.records)) == GOOD
    assert sum(map(len, world.rejects.values())) == COUNT - GOOD
    for batch in world.sent:  # a key never comes with other bytes
        assert {each.body for each in world.sent if each.key == batch.key} == {batch.body}
    assert len(world.sent) - len({batch.key for batch in world.sent}) <= checkpoint.possibly_twice


def calls() -> int:
    """Return the number of calls without any kill."""
    world = World(dict(FILES))
    assert finished(world)
    return world.calls


def test_f99_a_process_that_is_killed_once_at_any_call() -> None:
    """Before the call has its effect, and after it."""
    for call in range(1, calls() + 1, 7):
        for before in (False, True):
            assert_exactly_once(completed({call: before}))


@pytest.mark.parametrize("seed", [0, 1, 2, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(3, 60))])
def test_f99_a_process_that_is_killed_at_twenty_random_moments(seed: int) -> None:
    """Twenty kills in one execution, each somewhere else."""
    chosen = random.Random(seed)  # noqa: S311 -- not a secret
    kills = {call: chosen.random() < 0.5 for call in chosen.sample(range(1, calls() + 20), 20)}
    assert_exactly_once(completed(kills))
