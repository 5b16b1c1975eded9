"""Follow a log group: poll it again and again, and return each new line once.

CloudWatch Logs shows lines late and out of order, so each poll starts some time before the previous one. Lines that
were returned are remembered for that time only, so that memory stays flat.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from notifications.json_body import json_members
from scripts.aws.clients import Aws, moment_of
from scripts.aws.clock import Clock, aws_clock
from scripts.aws.logs import log_errors_explained, pages

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

# How late a line may be.
_OVERLAP_SECONDS: Final = 120
# Lines may have a time that is ahead of AWS' clock by this much.
_AHEAD_SECONDS: Final = 86_400

_POLL_SECONDS: Final = 2.0  # FilterLogEvents allows five requests per second in an account and region
_LOCAL_POLL_SECONDS: Final = 0.25
_LONGEST_PAUSE_SECONDS: Final = 30.0
_MOST_FAILURES: Final = 6

_THROTTLED: Final = ("Throttl", "TooManyRequests", "RequestLimitExceeded", "LimitExceededException", "SlowDown")
_SERVER_ERROR: Final = 500

# The date of an AWS answer has whole seconds.
_CLOCK_TOLERANCE_SECONDS: Final = 2.0


class FollowedLine(NamedTuple):
    """A new log line: its time in milliseconds since 1970, and the members of its JSON."""

    at: int
    members: dict[str, Any]


def clock_of(aws: Aws, wall: Clock = time.time) -> Clock:
    """Return AWS' clock: the local one if it agrees with a date from AWS, because that has whole seconds only."""
    moment = moment_of(aws.sts.get_caller_identity())
    ahead = wall() - moment.timestamp()
    is_right = 0 <= ahead < _CLOCK_TOLERANCE_SECONDS
    return aws_clock(datetime.fromtimestamp(wall(), UTC) if is_right else moment)


class LogFollower:
    """The JSON lines of a log group that match a pattern, from `since` on (milliseconds since 1970)."""

    def __init__(self, aws: Aws, group: str, pattern: str, since: int, clock: Clock) -> None:
        self._aws = aws
        self._group = group
        self._pattern = pattern
        self._start = since
        self._clock = clock
        self._seen: set[tuple[int, bytes]] = set()

    def read(self) -> Iterator[list[FollowedLine]]:
        """Yield the new lines page by page, each page by time.

        After an error the next call goes on with the page that failed. Raise FailedError if the log group is missing
        or access to it is denied, and botocore's errors.
        """
        now = self._clock()
        settled = int((now - _OVERLAP_SECONDS) * 1000)
        until = int((now + _AHEAD_SECONDS) * 1000)
        with log_errors_explained(self._group, "logs:FilterLogEvents", ": check the region, or deploy the stack first"):
            for page in pages(self._aws.logs, self._group, self._pattern, self._start, until):
                if new := sorted(self._new(page), key=lambda line: line.at):
                    yield new
                if page:
                    self._go_on(min(settled, max(event["timestamp"] for event in page)))
        self._go_on(settled)

    def _new(self, page: "list[FilteredLogEventTypeDef]") -> Iterator[FollowedLine]:
        for event in page:
            text, at = event["message"], event["timestamp"]
            key = at, hashlib.sha256(f"{event.get('logStreamName')}\n{text}".encode()).digest()[:16]
            if key not in self._seen:
                self._seen.add(key)
                if members := json_members(text):
                    yield FollowedLine(at, members)

    def _go_on(self, start: int) -> None:
        """Set where the next poll starts, and forget the lines before that."""
        if start > self._start:
            self._start = start
            self._seen = {key for key in self._seen if key[0] >= start}


class PollPace:
    """How long to pause between polls: longer while AWS throttles or does not answer."""

    def __init__(self, aws: Aws) -> None:
        self._regular = _LOCAL_POLL_SECONDS if aws.endpoint_url else _POLL_SECONDS
        self._failures = 0

    @property
    def seconds(self) -> float:
        """The pause before the next poll."""
        return min(self._regular * 2.0**self._failures, _LONGEST_PAUSE_SECONDS)

    @property
    def is_slowed(self) -> bool:
        """Whether the last poll failed."""
        return self._failures > 0

    def succeeded(self) -> None:
        """Return to the regular pause."""
        self._failures = 0

    def failed(self, error: ClientError | BotoCoreError) -> None:
        """Make the next pause longer. Raise the error if another poll is of no use.

        AWS throttles for as long as others send too many requests; other failures end after some time.
        """
        is_throttled = isinstance(error, ClientError) and is_throttling(error)
        if not is_throttled and (not _is_passing(error) or self._failures >= _MOST_FAILURES):
            raise error
        self._failures += 1


def is_throttling(error: ClientError) -> bool:
    """Return whether AWS rejected the request only because there were too many."""
    return error.response["Error"].get("Code", "").startswith(_THROTTLED)


def _is_passing(error: ClientError | BotoCoreError) -> bool:
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= _SERVER_ERROR
    return isinstance(error, (NoConnectionError, HTTPClientError))


def poll(follower: LogFollower, pace: PollPace, take: Callable[[list[FollowedLine]], None]) -> None:
    """Read once and pass each page of new lines to `take`. Raise the errors that `PollPace.failed` does not accept."""
    try:
        for lines in follower.read():
            take(lines)
    except (ClientError, BotoCoreError) as error:
        pace.failed(error)
    else:
        pace.succeeded()
