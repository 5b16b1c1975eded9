"""Estimate how long a replay takes: sending at its rate, and until the webhook queue is empty again. Sends nothing."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.errors import why_unanswered
from scripts.cli.exit_codes import CommandError
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.adaptive_rate import FASTEST, SLOWEST
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.store import DeadLetterStore
from scripts.drain.estimate import LONGEST, Drain, Trend
from scripts.drain.service import DrainReader

WORTH_A_LINE: Final = timedelta(seconds=10)
"""A replay that is sent faster, to a queue without waiting events, is over before its time is read."""


class QueueLook(NamedTuple):
    """The drain of the webhook queue before a replay; None for other queues, or for a `problem`, which says why."""

    drain: Drain | None = None
    problem: str = ""


class ReplayTime(NamedTuple):
    """How long it takes to send a replay: `longest` if the queue is behind all the time, which makes `auto` slower.

    `empty_at` is when the webhook queue would be empty, with the replayed events, at its present pace; None if that is
    not known.
    """

    per_second: float
    shortest: timedelta
    longest: timedelta
    empty_at: datetime | None
    look: QueueLook


def look_at_queue(dead_letters: DeadLetterStore) -> QueueLook:
    """Look at the webhook queue. An error is the problem of the result: a plan is useful without it."""
    if dead_letters.queue_name != QueueName.webhooks:
        return QueueLook()
    try:
        return QueueLook(DrainReader(dead_letters.scope).read())
    except CommandError as error:
        return QueueLook(problem=str(error).rstrip("."))
    except (ClientError, BotoCoreError) as error:
        return QueueLook(problem=why_unanswered(error)[0])


def replay_time(count: int, rate: Rate | None, look: QueueLook) -> ReplayTime:
    """Return the time of a replay of `count` messages at a fixed rate, or without one at `auto`."""
    fastest, slowest = (rate.per_second, rate.per_second) if rate else (FASTEST, SLOWEST)
    shortest, longest = timedelta(seconds=count / fastest), timedelta(seconds=count / slowest)
    return ReplayTime(fastest, shortest, longest, _empty_at(count, shortest, look.drain), look)


def _empty_at(count: int, shortest: timedelta, drain: Drain | None) -> datetime | None:
    """Return when the queue is empty after the replay, if it falls now: its pace beyond new events is known."""
    if drain is None or drain.trend is not Trend.falling:
        return None
    seconds = max(shortest.total_seconds(), (drain.now.waiting + count) / drain.per_second)
    return drain.now.at + timedelta(seconds=seconds) if seconds <= LONGEST.total_seconds() else None
