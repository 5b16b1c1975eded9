"""Parsing and formatting of times and durations."""

from datetime import UTC, datetime, timedelta

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment, duration_of, milliseconds_of, parse_duration, parse_moment, rfc3339_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = 1_795_521_600_000


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
def test_a_duration_is_a_number_and_a_unit(text: str, duration: timedelta | None) -> None:
    """The units are seconds, minutes, hours and days; other text and zero give None."""
    assert duration_of(text) == duration


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90m", timedelta(minutes=90)),
        ("2026-11-24T10:00:00Z", NOW - timedelta(hours=2)),
        ("2026-11-24T11:00:00.000+01:00", NOW - timedelta(hours=2)),
    ],
)
def test_a_time_ago_or_a_moment_with_its_zone(text: str, moment: Moment) -> None:
    """Both forms are parsed."""
    assert parse_moment("--since", text) == moment


@pytest.mark.parametrize("text", ["", "24", "0h", "-1h", "yesterday", "2026-11-24", "2026-11-24T10:00:00"])
def test_other_text_is_rejected(text: str) -> None:
    """So is a time without a zone."""
    with pytest.raises(
        ConfigurationError, match=r"^--until takes a time ago, .* such as 2026-11-24T00:00:00Z; "
    ) as raised:
        parse_moment("--until", text)
    assert repr(text) in str(raised.value)


def test_times_are_formatted_to_the_millisecond() -> None:
    """The conversion to seconds loses no millisecond."""
    assert [rfc3339_of(AT + ms)[-4:-1] for ms in range(1000)] == [f"{ms:03d}" for ms in range(1000)]
    assert rfc3339_of(1_088_018_689_991)[-4:] == "991Z"  # the float of seconds is slightly smaller
    assert rfc3339_of(AT) == "2026-11-24T12:00:00.000Z"


def test_a_duration_counts_back_from_now() -> None:
    """The result is never before 1970."""
    assert milliseconds_of(timedelta(seconds=1), NOW) == AT - 1000
    assert milliseconds_of(NOW, NOW + timedelta(days=1)) == AT
    assert milliseconds_of(timedelta(days=999_999), NOW) == 0


def test_a_duration_names_its_flag_when_it_is_invalid() -> None:
    """Zero and a time are no durations."""
    assert parse_duration("--timeout", "90s") == timedelta(seconds=90)
    for text in ("", "0s", "90", "2026-11-24T00:00:00Z"):
        with pytest.raises(ConfigurationError, match="--timeout takes a duration, such as 45s, 10m or 2h"):
            parse_duration("--timeout", text)
