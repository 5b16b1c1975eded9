"""The clock follows AWS's answer, not this computer's clock."""

from datetime import UTC, datetime

from scripts.aws.clock import aws_clock

MOMENT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_the_clock_goes_on_from_aws_moment() -> None:
    """This computer's own time does not matter."""
    own = [1000.0]
    clock = aws_clock(MOMENT, wall=lambda: own[0], monotonic=lambda: own[0])
    assert clock() == MOMENT.timestamp()
    own[0] += 5
    assert clock() == MOMENT.timestamp() + 5


def test_the_longer_of_what_has_passed_counts() -> None:
    """One clock stood still while the computer slept; the other was put back."""
    wall, monotonic = [1000.0], [1000.0]
    clock = aws_clock(MOMENT, wall=lambda: wall[0], monotonic=lambda: monotonic[0])
    wall[0] += 600
    assert clock() == MOMENT.timestamp() + 600
    wall[0], monotonic[0] = 0.0, 1700.0
    assert clock() == MOMENT.timestamp() + 700
