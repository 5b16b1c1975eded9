"""The deadline is counted from the gateway's time, on the monotonic clock."""

import pytest

from ingest.deadline import BUDGET_SECONDS, Deadline, deadline_of
from tests.ingest.clocks import FakeClock


@pytest.mark.parametrize(
    ("arrived", "remaining"),
    [
        (None, 4.0),
        (1000.0, 4.0),
        (999.5, 3.5),
        (999.0, 3.0),
        (996.5, 0.5),
        (969.0, 4.0),
        (1001.0, 4.0),
        (0.0, 4.0),
    ],
)
def test_f36_the_remaining_time_is_counted_from_the_gateways_time(arrived: float | None, remaining: float) -> None:
    """A cold start uses up the budget; a time in the future or long ago is a wrong clock and counts as now."""
    assert deadline_of(arrived, wall=FakeClock(1000.0), monotonic=FakeClock()).remaining() == pytest.approx(remaining)


def test_f10_the_budget_leaves_a_second_of_almas_five() -> None:
    """Alma waits 5 s ("Webhooks", Ex Libris Developer Network); the way through the gateway takes part of that."""
    assert deadline_of(None, wall=FakeClock(1000.0), monotonic=FakeClock()).remaining() <= 4.0


def test_f36_time_passes_on_the_monotonic_clock_only() -> None:
    """Setting the wall clock during a request changes nothing."""
    wall, monotonic = FakeClock(1000.0), FakeClock()
    deadline = deadline_of(1000.0, wall=wall, monotonic=monotonic)
    wall.pass_(-500)
    monotonic.pass_(1.5)
    assert deadline.remaining() == pytest.approx(BUDGET_SECONDS - 1.5)


@pytest.mark.parametrize("arrived", [996.0, 995.0, 971.0, 970.0])
def test_no_time_left_is_a_timeout(arrived: float) -> None:
    """If no time is left, a timeout is raised at once, because a timeout of zero would not wait."""
    with pytest.raises(TimeoutError):
        deadline_of(arrived, wall=FakeClock(1000.0), monotonic=FakeClock()).remaining()


def test_a_nested_deadline_ends_with_the_earlier_one() -> None:
    """A nested deadline can be shorter than the outer one, never longer."""
    clock = FakeClock()
    whole = Deadline(4.0, clock)
    clock.pass_(3.0)
    assert whole.within(0.5).remaining() == pytest.approx(0.5)
    assert whole.within(1.5).remaining() == pytest.approx(1.0)
    clock.pass_(2.0)
    with pytest.raises(TimeoutError):
        whole.within(1.5).remaining()
