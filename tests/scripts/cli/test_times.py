"""Moments as people write them, and as AWS has them."""

from datetime import UTC, datetime, timedelta

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment, milliseconds_of, parse_moment, rfc3339_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = 1_795_521_600_000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90m", timedelta(minutes=90)),
        ("2026-11-24T10:00:00Z", NOW - timedelta(hours=2)),
        ("2026-11-24T11:00:00.000+01:00", NOW - timedelta(hours=2)),
    ],
)
def test_a_time_ago_or_a_moment_with_its_zone(text: str, moment: Moment) -> None:
    """Both forms, for both flags."""
    assert parse_moment("--since", text) == moment


@pytest.mark.parametrize("text", ["", "24", "0h", "-1h", "yesterday", "2026-11-24", "2026-11-24T10:00:00"])
def test_what_is_neither_is_refused(text: str) -> None:
    """A moment without a zone too: nobody knows whose it is."""
    with pytest.raises(
        ConfigurationError, match=r"^--until takes a time ago, .* such as 2026-11-24T00:00:00Z; "
    ) as raised:
        parse_moment("--until", text)
    assert repr(text) in str(raised.value)


def test_times_are_told_to_the_millisecond() -> None:
    """None is lost on the way through seconds."""
    assert [rfc3339_of(AT + ms)[-4:-1] for ms in range(1000)] == [f"{ms:03d}" for ms in range(1000)]
    assert rfc3339_of(1_088_018_689_991)[-4:] == "991Z"  # as a float of seconds it falls short
    assert rfc3339_of(AT) == "2026-11-24T12:00:00.000Z"


def test_a_time_ago_is_seen_from_now() -> None:
    """And never before 1970."""
    assert milliseconds_of(timedelta(seconds=1), NOW) == AT - 1000
    assert milliseconds_of(NOW, NOW + timedelta(days=1)) == AT
    assert milliseconds_of(timedelta(days=999_999), NOW) == 0
