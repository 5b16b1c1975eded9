"""How long something is, as people write it."""

from datetime import timedelta

import pytest

from scripts.cli.durations import duration_of


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("45s", timedelta(seconds=45)),
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        ("999999d", timedelta(days=999_999)),
        ("0h", None),
        ("24", None),
        ("1.5h", None),
        ("-1h", None),
        ("1 h", None),
        ("1h30m", None),
        ("٣h", None),
        ("", None),
    ],
)
def test_a_number_and_a_unit(text: str, duration: timedelta | None) -> None:
    """Seconds, minutes, hours, days; anything else, and nothing long, is None."""
    assert duration_of(text) == duration
