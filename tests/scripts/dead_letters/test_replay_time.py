"""Test how long a replay takes, as text and as data."""

from datetime import UTC, timedelta

import pytest
from botocore.exceptions import ClientError

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.replay_time import QueueLook, look_at_queue, replay_time
from scripts.dead_letters.reports.replay_time import time_data, time_lines
from scripts.dead_letters.store import DeadLetterStore
from scripts.drain.estimate import QueueNow, Trend
from scripts.drain.service import DrainReader
from tests.scripts.drain.test_estimate import NOW
from tests.scripts.drain.test_report import FALLING

EMPTY = FALLING._replace(now=QueueNow(NOW, 0), trend=Trend.empty, end=None, faster=None)


def test_auto_is_slower_while_the_queue_is_behind() -> None:
    """So the time is a range; with a fixed rate it is not."""
    auto = replay_time(5000, None, QueueLook(EMPTY))
    assert list(time_lines(auto, UTC)) == [
        "sending takes about 4 min at 20 per second, up to about 83 min while the queue is behind"
    ]
    assert list(time_lines(replay_time(5000, Rate(50), QueueLook(EMPTY)), UTC)) == [
        "sending takes about 100 s at 50 per second"
    ]


def test_a_falling_queue_has_an_end_with_the_replay() -> None:
    """It falls by 30 a minute, so 412 and 188 take 20 minutes."""
    found = list(time_lines(replay_time(188, None, QueueLook(FALLING)), UTC))
    assert found[1].startswith("webhook queue now: 412 waiting, empty at about 14:14Z (")
    assert found[2:] == ["with these, empty at about 14:20Z if begun now"]


@pytest.mark.parametrize("trend", [Trend.growing, Trend.steady, Trend.unknown, Trend.empty])
def test_other_queues_have_no_end(trend: Trend) -> None:
    """Their spare pace is not known."""
    drain = FALLING._replace(trend=trend, end=None)
    assert replay_time(188, None, QueueLook(drain)).empty_at is None


def test_an_end_beyond_a_day_is_not_a_time() -> None:
    """The pace of some minutes says nothing about tomorrow."""
    assert replay_time(10**6, None, QueueLook(FALLING)).empty_at is None


def test_a_short_replay_to_an_empty_queue_needs_no_line() -> None:
    """It is over before the line is read."""
    assert list(time_lines(replay_time(199, None, QueueLook(EMPTY)), UTC)) == []


def test_what_could_not_be_read_is_named() -> None:
    """The time to send is known all the same."""
    time = replay_time(500, None, QueueLook(problem="no rights"))
    assert list(time_lines(time, UTC))[1:] == ["how many events wait is not known: no rights"]
    assert time_data(time) == {
        "shortest_seconds": 25.0,
        "longest_seconds": 500.0,
        "queue": None,
        "empty_at": None,
        "problem": "no rights",
    }


def test_a_queue_that_cannot_be_read_does_not_prevent_a_plan(
    dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan is useful without it."""
    store = dead_letters
    drain = look_at_queue(store).drain
    assert drain
    assert drain.trend is Trend.empty
    errors = (
        (ConfigurationError("It has none."), "It has none"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "GetQueueAttributes"),
            "AWS denied access: the permission sqs:GetQueueAttributes is missing",
        ),
    )
    for error, problem in errors:

        def fail(_: DrainReader, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(DrainReader, "read", fail)
        assert look_at_queue(store) == (None, problem)


def test_times_of_data_are_in_utc() -> None:
    """A program compares them."""
    assert time_data(replay_time(188, None, QueueLook(FALLING)))["empty_at"] == "2026-11-29T14:20:00.000Z"
    assert replay_time(188, None, QueueLook(FALLING)).shortest == timedelta(seconds=9.4)
