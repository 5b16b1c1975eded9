"""What `--since` and `--until` take, and the window that they make."""

from datetime import UTC, datetime, timedelta

import pytest

from scripts.errors import ConfigurationError
from scripts.measure.balance import Window
from scripts.measure.balance_window import Moment, parse_moment, rfc3339_of, window_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = 1_795_521_600_000
HOUR = 3_600_000


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


@pytest.mark.parametrize(
    ("since", "until", "window"),
    [
        (timedelta(hours=1), None, Window(AT - HOUR, AT)),
        (timedelta(hours=2), timedelta(hours=1), Window(AT - 2 * HOUR, AT - HOUR)),
        (NOW - timedelta(hours=2), NOW - timedelta(hours=1), Window(AT - 2 * HOUR, AT - HOUR)),
        (timedelta(hours=1), NOW + timedelta(days=1), Window(AT - HOUR, AT)),
        (timedelta(days=999_999), None, Window(0, AT)),
        (datetime.min.replace(tzinfo=UTC), None, Window(0, AT)),
    ],
)
def test_the_window_ends_with_now_and_begins_with_1970(since: Moment, until: Moment | None, window: Window) -> None:
    """Nothing was accepted beyond, and AWS takes no time before."""
    assert window_of(since, until, NOW) == window


@pytest.mark.parametrize(
    ("since", "until", "sentence"),
    [
        (NOW, None, "--since is not in the past: AWS' clock says 2026-11-24T12:00:00.000Z"),
        (timedelta(hours=1), timedelta(hours=1), "--until is not after --since"),
    ],
)
def test_a_window_that_holds_nothing_is_refused(since: Moment, until: Moment | None, sentence: str) -> None:
    """It would be balanced whatever happened."""
    with pytest.raises(ConfigurationError, match=sentence):
        window_of(since, until, NOW)


def test_times_are_told_to_the_millisecond() -> None:
    """None is lost on the way through seconds."""
    assert [rfc3339_of(AT + ms)[-4:-1] for ms in range(1000)] == [f"{ms:03d}" for ms in range(1000)]
    assert rfc3339_of(1_088_018_689_991)[-4:] == "991Z"  # as a float of seconds it falls short
    assert rfc3339_of(AT) == "2026-11-24T12:00:00.000Z"
