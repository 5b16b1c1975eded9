"""The deadline: counted from the gateway's time, on a clock that nobody sets."""

import pytest

from ingest.deadline import BUDGET_SECONDS, deadline_of
from tests.ingest.clocks import Clock


@pytest.mark.parametrize(
    ("arrived", "remaining"),
    [
        (None, 4.0),
        (1000.0, 4.0),
        (999.0, 3.0),
        (996.5, 0.5),
        (995.0, 0.0),
        (971.0, 0.0),
        (969.0, 4.0),
        (1001.0, 4.0),
        (0.0, 4.0),
    ],
)
def test_f36_what_is_left_is_counted_from_the_gateways_time(arrived: float | None, remaining: float) -> None:
    """A cold start is paid from the budget; a time in the future or long past is a wrong clock and counts as now."""
    assert deadline_of(arrived, wall=Clock(1000.0), monotonic=Clock()).remaining() == pytest.approx(remaining)


def test_time_passes_on_the_monotonic_clock_only() -> None:
    """Setting the wall clock while a request is under way changes nothing."""
    wall, monotonic = Clock(1000.0), Clock()
    deadline = deadline_of(1000.0, wall=wall, monotonic=monotonic)
    wall.pass_(-500)
    monotonic.pass_(1.5)
    assert deadline.remaining() == pytest.approx(BUDGET_SECONDS - 1.5)
    monotonic.pass_(10)
    assert deadline.remaining() == 0
