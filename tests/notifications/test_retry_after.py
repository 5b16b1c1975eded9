"""The time after which a service wants to be tried again, in each form that services use."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.retry_after import retry_after_seconds

NOW = 1_764_400_000.0  # Sat, 29 Nov 2025 07:06:40 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        (" 30 ", 30),
        (30, 30),
        ("1.5", 1.5),
        (2.25, 2.25),
        ("0", 1),
        ("0.2", 1),
        ("-5", 1),
        (-5, 1),
        ("43200", 43_200),
        ("43201", 43_200),
        ("864000", 43_200),
        ("9" * 18, 43_200),
        ("Sat, 29 Nov 2025 07:07:40 GMT", 60),
        ("Sat, 29 Nov 2025 08:07:40 +0100", 60),
        ("Saturday, 29-Nov-25 07:07:40 GMT", 60),
        ("Sat Nov 29 07:07:40 2025", 60),
        ("Sat, 29 Nov 2025 07:06:40 GMT", 1),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 1),
        ("Tue, 09 Dec 2025 07:06:40 GMT", 43_200),
    ],
)
def test_times_are_read_and_limited(value: str | float, seconds: float) -> None:
    """Seconds, fractions and dates in all three forms of HTTP become 1 second to 12 hours."""
    assert retry_after_seconds(value, wall=NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", " ", "soon", "nan", "inf", "1e3", "0x10", "1,5", "10 s", "٣", True, float("nan"), float("inf")),
        *(
            "9" * 19,
            "Sat, 99 Nov 2025 07:07:40 GMT",
            "Sat, 29 Nov 99999 07:07:40 GMT",
            "29 Nov",
            "2025-11-29T07:07:40Z",
        ),
    ],
)
def test_anything_else_counts_as_not_said(value: str | float | None) -> None:
    """Neither garbage nor a missing value is an error or a time."""
    assert retry_after_seconds(value, wall=NOW) is None


@settings(max_examples=50)
@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_no_value_is_an_error(value: str | float) -> None:
    """For any input, the result is a time within the limits, or none."""
    seconds = retry_after_seconds(value, wall=NOW)
    assert seconds is None or 1 <= seconds <= 43_200
