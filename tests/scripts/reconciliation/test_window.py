"""The window that `--since` and `--until` of a reconciliation make."""

from datetime import UTC, datetime, timedelta

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment
from scripts.reconciliation.reconcile import TimeWindow
from scripts.reconciliation.window import window_of

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
def test_the_window_ends_with_now_and_begins_with_1970(since: Moment, until: Moment | None, window: TimeWindow) -> None:
    """Nothing was accepted beyond, and AWS takes no time before."""
    assert window_of(since, until, NOW) == window


@pytest.mark.parametrize(
    ("since", "until", "sentence"),
    [
        (NOW, None, "--since is not in the past: AWS' clock says 2026-11-24T12:00:00.000Z"),
        (timedelta(hours=1), timedelta(hours=1), "--until is not after --since"),
    ],
)
def test_a_window_that_holds_nothing_is_rejected(since: Moment, until: Moment | None, sentence: str) -> None:
    """It would be reconciled whatever happened."""
    with pytest.raises(ConfigurationError, match=sentence):
        window_of(since, until, NOW)
