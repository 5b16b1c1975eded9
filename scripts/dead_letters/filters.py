"""Select dead letters by ID, or by filters that must all match."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

from processor.errors import CauseClass
from processor.routing.templates import Condition, InvalidTemplateError, TemplateFailedError
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment, milliseconds, milliseconds_of, parse_moment
from scripts.dead_letters.dead_letter import CRASHED, DeadLetter
from scripts.dead_letters.reader import ReadDeadLetter, Reader, Summary

CAUSES = (*get_args(CauseClass), CRASHED)

Texts = tuple[str, ...]


@dataclass(frozen=True)
class Filters:
    """The filters of a command. Any of several values may match; an empty filter always matches."""

    ids: Texts = ()
    actions: Texts = ()
    events: Texts = ()
    routes: Texts = ()
    targets: Texts = ()
    causes: Texts = ()
    profiles: Texts = ()
    since: str = ""
    until: str = ""
    where: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether no filter is set. An empty selection never means all dead letters."""
        return self == Filters()


@dataclass
class Selection:
    """The dead letters that match the filters; `now` is AWS' time. Raise ConfigurationError for an invalid filter.

    `unjudged` counts dead letters on which `--where` could not be evaluated: without an event, or without its fields.
    """

    filters: Filters
    now: datetime
    unjudged: int = field(default=0, init=False)
    _found: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        for cause in self.filters.causes:
            if cause not in CAUSES:
                raise ConfigurationError(f"--cause takes one of {', '.join(CAUSES)}, not {cause!r}.")
        self._since = _parsed("--since", self.filters.since)
        self._until = _parsed("--until", self.filters.until)
        try:
            self._where = Condition(self.filters.where) if self.filters.where else None
        except InvalidTemplateError as error:
            raise ConfigurationError(f"--where is not a condition in the syntax of `if` in a route: {error}.") from None

    def select(
        self, dead_letter: DeadLetter, reader: Reader, read: Callable[[DeadLetter], ReadDeadLetter]
    ) -> ReadDeadLetter | None:
        """Return the dead letter, read with `read`, a method of the reader, if it matches; else None.

        Its body is parsed only if a filter or `read` needs it, so an unreadable dead letter can be selected by its ID,
        and does not prevent the selection of others.
        """
        glance = reader.glance(dead_letter)
        if not self._matches_attributes(glance.summary):
            return None
        if not (self.filters.actions or self.filters.events or self._where):
            return read(dead_letter)
        parsed = reader.read(dead_letter)
        return parsed if self.matches(parsed) else None

    def matches(self, read: ReadDeadLetter) -> bool:
        """Return whether this dead letter matches."""
        return (
            self._matches_attributes(read.summary) and self._matches_event(read.summary) and self._matches_where(read)
        )

    @property
    def missing(self) -> list[str]:
        """The requested IDs that no dead letter had so far."""
        return [id_ for id_ in dict.fromkeys(self.filters.ids) if id_ not in self._found]

    def _matches_attributes(self, summary: Summary) -> bool:
        """Return whether all filters match that do not need the body."""
        filters, cause = self.filters, summary.cause
        self._found |= {summary.id, summary.message_id}.intersection(filters.ids)
        return (
            _any(filters.ids, summary.id, summary.message_id)
            and _any(filters.routes, cause.route)
            and _any(filters.targets, cause.target, cause.target.partition(":")[2])
            and _any(filters.causes, cause.category)
            and _any(filters.profiles, summary.profile)
            and self._is_in_time(summary)
        )

    def _matches_event(self, summary: Summary) -> bool:
        actions = tuple(action.upper() for action in self.filters.actions)
        events = tuple(event.upper() for event in self.filters.events)
        return _any(actions, summary.action) and _any(events, summary.event.upper())

    def _is_in_time(self, summary: Summary) -> bool:
        at = milliseconds(summary.received_at)
        return (self._since is None or at >= milliseconds_of(self._since, self.now)) and (
            self._until is None or at < milliseconds_of(self._until, self.now)
        )

    def _matches_where(self, read: ReadDeadLetter) -> bool:
        if self._where is None:
            return True
        try:
            if read.event:
                return self._where.holds(read.event.fields)
        except TemplateFailedError:
            pass  # counted below, together with those without an event
        self.unjudged += 1
        return False


def _any(wanted: Texts, *found: str) -> bool:
    return not wanted or any(one in wanted for one in found if one)


def _parsed(flag: str, text: str) -> Moment | None:
    return parse_moment(flag, text) if text else None
