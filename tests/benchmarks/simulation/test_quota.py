"""Quotas: calls a second, and calls at once."""

import math

from benchmarks.simulation.quota import Quota


def test_a_burst_is_allowed_once_and_then_the_rate() -> None:
    """Ten at once; after half a second, half of the rate of ten."""
    quota = Quota(10, 10)
    assert [quota.take(0, 12), quota.take(0, 1), quota.take(0.5, 8), quota.take(100, 11)] == [10, 0, 5, 10]


def test_rejected_calls_are_counted_with_the_time_of_the_first() -> None:
    """Nothing is rejected before the burst is spent."""
    quota = Quota(1, 2)
    quota.take(0, 2)
    assert (quota.rejected, quota.first_rejected_at) == (0, math.inf)
    quota.take(0.25, 3)
    quota.take(0.5)
    assert (quota.rejected, quota.first_rejected_at) == (4, 0.25)
