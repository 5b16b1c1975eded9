"""Test the counts of durations: exact where it matters, and of a bounded size."""

from scripts.overview.latency import Latencies


def latencies_of(*durations: float) -> Latencies:
    found = Latencies()
    for ms in durations:
        found.add(ms)
    return found


def test_percentiles_have_two_digits_and_never_exceed_the_maximum() -> None:
    """They are rounded up, so that a slow request never looks quick."""
    found = latencies_of(*range(1, 101), 4321.5)
    assert (found.percentile(50), found.percentile(99), found.percentile(100)) == (51.0, 100.0, 4321.5)
    assert (latencies_of(1234, 4000).percentile(50), latencies_of(2.4).percentile(99)) == (1300.0, 2.4)
    assert Latencies().percentile(50) is None


def test_the_limit_of_alma_is_exact() -> None:
    """Five seconds are still in time."""
    found = latencies_of(4999.9, 5000.0, 5000.1, 7000)
    assert (found.count, found.over_limit, found.max_ms) == (4, 2, 7000)


def test_memory_does_not_grow_with_the_number_of_requests() -> None:
    """Ten thousand durations up to a quarter of an hour have few different values."""
    found = latencies_of(*(ms * 90.1 for ms in range(10_000)))
    assert found.count == 10_000
    assert len(found.rounded) < 400


def test_what_is_no_duration_is_ignored() -> None:
    """A log line can have any number."""
    assert latencies_of(-1, float("nan"), float("inf"), 3).count == 1


def test_the_durations_of_buckets_can_be_added() -> None:
    """The sum is that of all requests."""
    found = latencies_of(3, 6000).merged(latencies_of(4, 40))
    assert (found.count, found.over_limit, found.max_ms, found.percentile(50)) == (4, 1, 6000, 4)
