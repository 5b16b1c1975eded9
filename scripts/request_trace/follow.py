"""Follow the log lines of one request until its event has an outcome. Prints nothing."""

import time
from collections.abc import Callable, Iterator

from scripts.aws.context import StackContext
from scripts.aws.log_follower import FollowedLine, LogFollower, PollPace, clock_of, poll
from scripts.aws.nudge import Nudger
from scripts.request_trace.log import log_groups, pattern_for
from scripts.request_trace.log_line import LogLine
from scripts.request_trace.notified import PRODUCER, SENDER, have_notifications_ended, is_replay


def follow_request(
    scope: StackContext,
    receipt_id: str,
    since: int,
    seconds: float,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[list[LogLine]]:
    """Yield the new lines of a request, by time, until its event has an outcome or these seconds are over.

    `since` is in milliseconds since 1970. Raise ConfigurationError for an invalid ID, FailedError if a log group cannot
    be read, and botocore's errors.
    """
    read, nudgers, pace = _reader(scope, receipt_id, since, monotonic)
    deadline = monotonic() + seconds
    known: list[LogLine] = []
    while True:
        if new := read():
            known += new
            yield new
        left = deadline - monotonic()
        if has_outcome(known) or left <= 0:
            return
        for nudger in nudgers:
            nudger.nudge_if_due()
        sleep(min(pace.seconds, left))


def _reader(
    scope: StackContext, receipt_id: str, since: int, monotonic: Callable[[], float]
) -> tuple[Callable[[], list[LogLine]], list[Nudger], PollPace]:
    """Return what reads the new lines of all logs by time, with its nudgers and its pace."""
    groups = log_groups(scope)
    pattern, clock, pace = pattern_for(receipt_id), clock_of(scope.aws), PollPace(scope.aws)
    followers = {log: LogFollower(scope.aws, group, pattern, since, clock) for log, group in groups.items()}

    def read() -> list[LogLine]:
        new: list[LogLine] = []
        for log, follower in followers.items():
            found: list[FollowedLine] = []
            poll(follower, pace, found.extend)
            # The filter pattern may match more.
            new += [
                LogLine(each.at, log, each.members) for each in found if each.members.get("receipt_id") == receipt_id
            ]
        return sorted(new, key=lambda line: line.at)

    late = [group for log, group in groups.items() if log in {"processor", SENDER}]
    return read, [Nudger(scope.aws, group, monotonic) for group in late], pace


def has_outcome(lines: list[LogLine]) -> bool:
    """Return whether nothing more is expected: of the event, or of the post, and of the notifications it queued."""
    is_post = any(line.log == PRODUCER for line in lines)
    return (is_post or has_event_ended(lines)) and have_notifications_ended(lines)


def has_event_ended(lines: list[LogLine]) -> bool:
    """Return whether there is an outcome for the event and for each replay of it.

    A replay is logged after its event was sent, so the line of its outcome may have an earlier time.
    """
    lines = [line for line in lines if line.log != SENDER]
    outcomes = [line.at for line in lines if line.members.get("message") == "outcome"]
    replays = [line.at for line in lines if is_replay(line)]
    if not outcomes or (not replays and _last_attempt(lines) == "retry"):
        return False
    return len(outcomes) > len(replays) or max(outcomes) > max(replays)


def _last_attempt(lines: list[LogLine]) -> str:
    attempts = [line for line in lines if line.members.get("message") in ("outcome", "retry")]
    return str(max(attempts, key=lambda line: line.at).members["message"]) if attempts else ""
