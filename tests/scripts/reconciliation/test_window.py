"""Test the time window of `--since` and `--until`."""

from datetime import UTC, datetime, timedelta

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment
from scripts.reconciliation.collect import window_of
from scripts.reconciliation.reconcile import TimeWindow

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = 1_795_521_600_000
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("since", "until", "window"),
    [
        (timedelta(hours=1), None, TimeWindow(AT - HOUR, AT)),
        (timedelta(hours=2), timedelta(hours=1), TimeWindow(AT - 2 * HOUR, AT - HOUR)),
        (NOW - timedelta(hours=2), NOW - timedelta(hours=1), TimeWindow(AT - 2 * HOUR, AT - HOUR)),
        (timedelta(hours=1), NOW + timedelta(days=1), TimeWindow(AT - HOUR, AT)),
        (timedelta(days=999_999), None, TimeWindow(0, AT)),
        (datetime.min.replace(tzinfo=UTC), None, TimeWindow(0, AT)),
    ],
)
def test_the_window_is_limited_to_1970_and_now(since: Moment, until: Moment | None, window: TimeWindow) -> None:
    """AWS accepts no time before 1970."""
    assert window_of(since, until, NOW) == window


@pytest.mark.parametrize(
    ("since", "until", "sentence"),
    [
        (NOW, None, "--since is not in the past: the time is 2026-11-24T12:00:00.000Z"),
        (timedelta(hours=1), timedelta(hours=1), "--until is not after --since"),
    ],
)
def test_an_empty_window_is_an_error(since: Moment, until: Moment | None, sentence: str) -> None:
    """It would always be reconciled."""
    with pytest.raises(ConfigurationError, match=sentence):
        window_of(since, until, NOW)
