"""The ramp of an event source mapping, by "Configuring scaling behavior for SQS event source mappings"."""

import pytest

from benchmarks.simulation.mapping import Mapping, MappingRules


def grown(rules: MappingRules, seconds: float) -> int:
    """Return the limit after these seconds with messages."""
    mapping = Mapping(rules)
    mapping.begin(0, 0)
    for _ in range(int(seconds / rules.seconds_between_steps + 1e-9)):
        mapping.grow()
    return mapping.limit


def test_it_starts_with_five_runs_and_adds_three_hundred_a_minute() -> None:
    """Five at once, 305 after a minute."""
    rules = MappingRules(1_000)
    assert [grown(rules, seconds) for seconds in (0, 1, 60)] == [5, 10, 305]


@pytest.mark.parametrize(("maximum", "seconds", "limit"), [(2, 0, 2), (5, 60, 5), (50, 8, 45), (50, 60, 50)])
def test_it_never_exceeds_its_maximum_concurrency(maximum: int, seconds: float, limit: int) -> None:
    """Also at the start."""
    assert grown(MappingRules(maximum), seconds) == limit


def test_growing_in_one_step_takes_a_minute() -> None:
    """The other reading of "up to 300 more per minute"."""
    rules = MappingRules(1_000, steps=300)
    assert [grown(rules, seconds) for seconds in (59, 60)] == [5, 305]


def test_a_queue_that_was_empty_for_long_starts_again() -> None:
    """Lambda scales back when traffic is low; a short gap is not low traffic, and a busy mapping has none."""
    mapping = Mapping(MappingRules(50), limit=50)
    mapping.rest(100)
    mapping.begin(0, 130)
    assert mapping.limit == 50
    mapping.begin(1, 200)
    assert mapping.limit == 50
    mapping.begin(0, 200)
    assert mapping.limit == 5
