"""Following a log group: each line once, also a late one, through throttling, in constant memory."""

import json
import tracemalloc
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError

from scripts.aws.clients import Aws
from scripts.aws.log_follower import FollowedLine, LogFollower, PollPace, clock_of, poll
from scripts.cli.exit_codes import FailedError
from tests.scripts.stack_logs import PROCESSOR, Site

NOW = 1_795_521_600.0
PATTERN = '{ $.message = "outcome" }'


class Logs:
    """CloudWatch Logs with these lines. `pages` has the lines of each page, or an error; `starts` the start times."""

    def __init__(self) -> None:
        self.pages: list[Any] = []
        self.starts: list[int] = []

    def get_paginator(self, _name: str) -> "Logs":
        return self

    def paginate(self, **request: Any) -> Any:
        self.starts.append(request["startTime"])
        for page in self.pages:
            if isinstance(page, Exception):
                raise page
            yield {"events": [event for event in page if event["timestamp"] >= request["startTime"]]}


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def event(number: int, at: float = NOW) -> dict[str, Any]:
    text = json.dumps({"message": "outcome", "number": number})
    return {"timestamp": int(at * 1000), "message": text, "logStreamName": "s"}


def error(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "FilterLogEvents")


@pytest.fixture
def logs() -> Logs:
    """An empty log."""
    return Logs()


@pytest.fixture
def clock() -> Clock:
    """A clock at NOW."""
    return Clock()


@pytest.fixture
def follower(logs: Logs, clock: Clock) -> LogFollower:
    """A follower from one hour ago on."""
    return LogFollower(aws_with(logs), "/group", PATTERN, int((NOW - 3600) * 1000), clock)


def aws_with(logs: Logs) -> Any:
    return SimpleNamespace(logs=logs, endpoint_url=None)


def numbers(follower: LogFollower) -> list[int]:
    return [line.members["number"] for lines in follower.read() for line in lines]


def test_a_line_is_returned_once_and_a_late_one_too(follower: LogFollower, logs: Logs, clock: Clock) -> None:
    """A line that becomes visible a minute later, with an earlier time than others, is returned then."""
    logs.pages = [[event(1), event(2, NOW + 1)]]
    assert numbers(follower) == [1, 2]
    clock.now += 60
    logs.pages = [[event(0, NOW - 30), event(1), event(2, NOW + 1), event(3, NOW + 59)]]
    assert numbers(follower) == [0, 3]
    assert numbers(follower) == []


def test_lines_of_a_page_are_sorted(follower: LogFollower, logs: Logs) -> None:
    """CloudWatch Logs may return them out of order."""
    logs.pages = [[event(2, NOW - 1), event(1, NOW - 2)]]
    assert numbers(follower) == [1, 2]


def test_lines_that_are_not_json_are_ignored(follower: LogFollower, logs: Logs) -> None:
    """Lambda itself writes such lines."""
    logs.pages = [[event(1), event(1) | {"message": "START RequestId"}]]
    assert numbers(follower) == [1]


def test_after_an_error_nothing_is_lost_or_repeated(follower: LogFollower, logs: Logs, clock: Clock) -> None:
    """A poll goes on where the previous one failed, however long that took."""
    logs.pages = [[event(1, NOW - 3000)], [event(2, NOW - 2000)], error("ThrottlingException")]
    found: list[int] = []
    with pytest.raises(ClientError):
        found += [line.members["number"] for lines in follower.read() for line in _kept(found, lines)]
    assert found == [1, 2]
    clock.now += 1000
    logs.pages = [[event(1, NOW - 3000), event(2, NOW - 2000), event(3, NOW - 1500), event(4, NOW + 900)]]
    assert numbers(follower) == [3, 4]


def _kept(found: list[int], lines: list[FollowedLine]) -> list[FollowedLine]:
    found += [line.members["number"] for line in lines]
    return []


def test_memory_stays_flat(follower: LogFollower, logs: Logs, clock: Clock) -> None:
    """What is remembered does not depend on how many lines there were, but on those of two minutes."""
    sizes: list[int] = []
    # Made before memory is traced, for that takes longer.
    polls = [[event(100 * poll + each, NOW + 10 * poll) for each in range(100)] for poll in range(200)]
    tracemalloc.start()
    try:
        for page in polls:
            logs.pages = [page]
            assert len(numbers(follower)) == 100
            logs.pages = []
            sizes.append(tracemalloc.get_traced_memory()[0])
            clock.now += 10
    finally:
        tracemalloc.stop()
    assert max(sizes[20:]) < 1.5 * max(sizes[:20])


def test_each_poll_starts_two_minutes_before_the_previous_one(follower: LogFollower, logs: Logs, clock: Clock) -> None:
    """So that old lines are not read again and again."""
    list(follower.read())
    clock.now += 5
    list(follower.read())
    assert logs.starts == [int((NOW - 3600) * 1000), int((NOW - 120) * 1000)]


@pytest.mark.parametrize(
    ("code", "sentence"), [("ResourceNotFoundException", "not found"), ("AccessDeniedException", "denied access")]
)
def test_a_log_that_cannot_be_read_is_named(follower: LogFollower, logs: Logs, code: str, sentence: str) -> None:
    """In one sentence."""
    logs.pages = [error(code)]
    with pytest.raises(FailedError, match=sentence):
        numbers(follower)


def test_a_throttled_poll_is_repeated_later_and_later(follower: LogFollower, logs: Logs) -> None:
    """Up to half a minute, for as long as AWS throttles; then the pace is regular again."""
    pace, found = PollPace(aws_with(logs)), list[FollowedLine]()
    logs.pages = [error("ThrottlingException")]
    pauses = []
    for _ in range(20):
        poll(follower, pace, found.extend)
        pauses.append(pace.seconds)
    assert (pauses[:3], pauses[-1], pace.is_slowed) == ([4, 8, 16], 30, True)
    logs.pages = [[event(1)]]
    poll(follower, pace, found.extend)
    assert (len(found), pace.seconds, pace.is_slowed) == (1, 2, False)


@pytest.mark.parametrize("failure", [error("InternalFailure", 500), ConnectTimeoutError(endpoint_url="https://x")])
def test_an_outage_ends_the_polls_after_a_while(follower: LogFollower, logs: Logs, failure: Exception) -> None:
    """A short one is survived."""
    pace = PollPace(aws_with(logs))
    logs.pages = [failure]
    for _ in range(6):
        poll(follower, pace, lambda _: None)
    with pytest.raises(type(failure)):
        poll(follower, pace, lambda _: None)


@pytest.mark.parametrize("failure", [error("ExpiredTokenException"), NoCredentialsError()])
def test_an_error_that_does_not_pass_ends_the_polls(follower: LogFollower, logs: Logs, failure: Exception) -> None:
    """At once."""
    logs.pages = [failure]
    with pytest.raises(type(failure)):
        poll(follower, PollPace(aws_with(logs)), lambda _: None)


def test_the_emulator_is_polled_more_often(aws: Aws) -> None:
    """It has no quota."""
    assert PollPace(aws).seconds > PollPace(Aws.local("http://127.0.0.1:9", "us-east-1")).seconds


def test_lines_of_a_real_log_are_followed(site: Site) -> None:
    """Only those of the group, from the given time on."""
    site.ended("delivered", "r1", age=10)
    follower = LogFollower(site.aws, PROCESSOR, PATTERN, 0, clock_of(site.aws))
    assert [line.members["receipt_id"] for lines in follower.read() for line in lines] == ["r1"]
    site.ended("dead", "r2", age=20)
    assert [line.members["receipt_id"] for lines in follower.read() for line in lines] == ["r2"]


def test_a_wrong_local_clock_does_not_count(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The date of AWS does; a clock that agrees with it is more exact."""
    moment = datetime(2026, 11, 24, 12, tzinfo=UTC)
    monkeypatch.setattr("scripts.aws.log_follower.moment_of", lambda _: moment)
    base = moment.timestamp()
    clocks = [clock_of(aws, wall=partial(base.__add__, ahead)) for ahead in (0.5, 3600.0, -3600.0)]
    assert [round(clock() - base, 1) for clock in clocks] == [0.5, 0.0, 0.0]
