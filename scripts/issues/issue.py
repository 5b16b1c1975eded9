"""An issue: failures with the same cause, and what operators have set. Whether it is reopened is decided here. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from scripts.cli.exit_codes import FailedError
from scripts.issues.cause import IssueCause
from scripts.issues.counts import CountsOverTime, counts_over_time
from scripts.issues.failures import FailureGroup, FoundFailures
from scripts.issues.store import IssueRecord, IssueState


@dataclass(frozen=True)
class Issue:
    """An issue now. It has failures (`group`), or an operator has set its state (`record`), or both."""

    cause: IssueCause
    group: FailureGroup | None
    record: IssueRecord | None

    @property
    def key(self) -> str:
        """The key."""
        return self.cause.key

    @property
    def recurred(self) -> int:
        """The number of present failures later than those that were known when an operator set the state."""
        if not self.group or not self.record:
            return 0
        return sum(at > self.record.last_seen for at in self.group.times)

    @property
    def is_reopened(self) -> bool:
        """Whether it is open because it recurred."""
        return self.recurred > 0 and self.record is not None and self.record.state is not IssueState.open

    @property
    def state(self) -> IssueState:
        """What an operator has set, unless it recurred since; open if nobody has set anything."""
        return IssueState.open if self.record is None or self.is_reopened else self.record.state

    @property
    def count(self) -> int:
        """The number of failures that exist now."""
        return len(self.group.times) if self.group else 0

    @property
    def first_seen(self) -> datetime:
        """The time of the earliest known failure."""
        return min(each.first_seen for each in (self.group, self.record) if each)

    @property
    def last_seen(self) -> datetime:
        """The time of the latest known failure."""
        return max(each.last_seen for each in (self.group, self.record) if each)

    @property
    def example(self) -> str:
        """The receipt ID of the latest failure, or another name of it."""
        return next(each.example for each in (self.group, self.record) if each)

    @property
    def note(self) -> str:
        """The note of the last operator who wrote one."""
        return self.record.note if self.record else ""

    @property
    def revision(self) -> int:
        """The number of changes by operators."""
        return self.record.revision if self.record else 0

    @property
    def counts(self) -> CountsOverTime:
        """The number of present failures by hour or day."""
        return counts_over_time(self.group.times if self.group else ())


@dataclass(frozen=True)
class IssueListing:
    """The issues, the largest first, then the latest.

    `seen` of `about` dead letters were read. `problems` has a sentence for everything that could not be read, and
    `notices` has remarks that are not errors.
    """

    issues: tuple[Issue, ...]
    seen: int
    about: int
    problems: tuple[str, ...]
    notices: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether there may be more failures than were read."""
        return self.seen < self.about or bool(self.problems)

    def find(self, key: str) -> Issue:
        """Return the issue with this key. Raise FailedError if there is none."""
        for issue in self.issues:
            if issue.key == key:
                return issue
        raise FailedError(f"Issue {key} not found: it has neither failures nor a state now.")

    def with_states(self, states: Sequence[IssueState]) -> tuple[Issue, ...]:
        """Return the issues with one of these states; all of them if there is none."""
        return tuple(issue for issue in self.issues if not states or issue.state in states)


class KnownStates(NamedTuple):
    """What operators have set, by key, at a time by the clock of AWS; and whether the stage has notifications.

    `notices` has remarks that are not errors.
    """

    now: datetime
    records: Mapping[str, IssueRecord]
    has_notifications: bool = False
    notices: tuple[str, ...] = ()

    def listing(self, sources: Sequence[FoundFailures]) -> IssueListing:
        """Join the failures of all sources with what operators have set."""
        groups = {key: group for source in sources for key, group in source.groups.items()}
        issues = [Issue(group.cause, group, self.records.get(key)) for key, group in groups.items()]
        issues += [Issue(record.cause, None, record) for key, record in self.records.items() if key not in groups]
        issues.sort(key=lambda issue: (-issue.count, -issue.last_seen.timestamp(), issue.key))
        return IssueListing(
            tuple(issues),
            sum(each.seen for each in sources),
            sum(each.about for each in sources),
            tuple(problem for each in sources for problem in each.problems),
            self.notices,
        )
