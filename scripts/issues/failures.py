"""Group failures by cause: dead letters, and executions that did not succeed. Pure: keeps no content of an event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from scripts.cli.times import milliseconds, moment_of_milliseconds
from scripts.dead_letters.find import Listing
from scripts.dead_letters.reader import Summary
from scripts.executions.find import FoundExecutions
from scripts.executions.origins import Origin
from scripts.issues.cause import IssueCause, IssueSource

# A time that is further ahead of AWS's clock is forged: later failures would not reopen the issue.
_AHEAD: Final = timedelta(minutes=5)
# Of the dead-letter queues; of a queue that was changed by hand the time is wrong, but always the same.
_RETENTION: Final = timedelta(days=14)


class Failure(NamedTuple):
    """One failure: its cause, when it failed, and the receipt ID of its event, or another name if that is unknown.

    `id` is the message ID of a dead letter, or the ARN of an execution.
    """

    cause: IssueCause
    at: datetime
    example: str
    id: str


class FailureGroup(NamedTuple):
    """The failures with one cause that exist now, at least one: their times and IDs, and the example of the latest."""

    cause: IssueCause
    times: Sequence[datetime]
    example: str
    ids: Sequence[str] = ()

    @classmethod
    def of(cls, failures: Sequence[Failure]) -> "FailureGroup":
        """Return the group of failures with one cause."""
        latest = max(reversed(failures), key=lambda failure: failure.at)
        ids = [failure.id for failure in failures]
        return cls(latest.cause, [failure.at for failure in failures], latest.example, ids)

    @property
    def first_seen(self) -> datetime:
        """The time of the earliest failure."""
        return min(self.times)

    @property
    def last_seen(self) -> datetime:
        """The time of the latest failure."""
        return max(self.times)


@dataclass(frozen=True)
class FoundFailures:
    """The failures of one source by the key of their issue.

    `seen` of `about` dead letters were read, and `problems` has a sentence for what could not be read.
    """

    groups: dict[str, FailureGroup]
    seen: int = 0
    about: int = 0
    problems: tuple[str, ...] = ()


def failures_of_dead_letters(listing: Listing, source: IssueSource, now: datetime) -> FoundFailures:
    """Group the dead letters of a queue; `now` is the time by the clock of AWS."""
    failures = (
        Failure(IssueCause.of_dead_letter(each.cause, source), _failed_at(each, now), each.id, each.message_id)
        for each in listing.dead_letters
    )
    return FoundFailures(_grouped(failures), listing.seen, listing.about)


def failures_of_executions(found: FoundExecutions, origins: Mapping[str, Origin]) -> FoundFailures:
    """Group executions; `origins` has the events that started them, by ARN."""
    return FoundFailures(_grouped(_of_executions(found, origins)), problems=tuple(found.problems))


def _of_executions(found: FoundExecutions, origins: Mapping[str, Origin]) -> Iterator[Failure]:
    for each in found.executions:
        origin = origins.get(each.arn)
        example = origin.receipt_id if origin else each.name
        yield Failure(IssueCause.of_execution(each), each.stopped_at, example, each.arn)


def _grouped(failures: Iterable[Failure]) -> dict[str, FailureGroup]:
    by_cause: dict[IssueCause, list[Failure]] = {}
    for failure in failures:
        # in milliseconds like the table, so that a failure is not later than itself
        at = moment_of_milliseconds(milliseconds(failure.at))
        by_cause.setdefault(failure.cause, []).append(failure._replace(at=at))
    return {cause.key: FailureGroup.of(members) for cause, members in by_cause.items()}


def _failed_at(summary: Summary, now: datetime) -> datetime:
    """Return when the event failed; without that, as after a crash, when it was received or queued."""
    try:
        failed = datetime.fromisoformat(summary.cause.at)
    except ValueError:
        failed = None
    latest = now + _AHEAD
    if failed and failed.tzinfo and failed <= latest:
        return failed
    return summary.received_at if summary.received_at <= latest else summary.expires_at - _RETENTION
