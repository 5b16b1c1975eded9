"""Which dead letters a command is about: by id, or by filters that must all hold. Reads none itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

from processor.errors import CauseClass
from processor.routing.templates import Condition, InvalidTemplateError, TemplateFailedError
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment, milliseconds, milliseconds_of, parse_moment
from scripts.dead_letters.dead_letter import CRASHED, DeadLetter
from scripts.dead_letters.reader import Read, Reader, Summary

CAUSES = (*get_args(CauseClass), CRASHED)

Texts = tuple[str, ...]


@dataclass(frozen=True)
class Filters:
    """What the flags say. Of several values for one flag any may hold; what is empty holds always."""

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
    def are_empty(self) -> bool:
        """Whether nothing was said: an empty selection never means all."""
        return self == Filters()


@dataclass
class Selection:
    """Dead letters that the filters choose; `now` is AWS's time. Raise ConfigurationError, which names the flag.

    `unjudged` counts dead letters that `--where` could not be asked of: they have no event, or not the fields it names.
    """

    filters: Filters
    now: datetime
    unjudged: int = field(default=0, init=False)
    _found: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        for cause in self.filters.causes:
            if cause not in CAUSES:
                raise ConfigurationError(f"--cause takes {', '.join(CAUSES)}; {cause!r} is none of them.")
        self._since = _parsed("--since", self.filters.since)
        self._until = _parsed("--until", self.filters.until)
        try:
            self._where = Condition(self.filters.where) if self.filters.where else None
        except InvalidTemplateError as error:
            raise ConfigurationError(f"--where is no condition such as the routes' if: {error}.") from None

    def chosen(self, dead_letter: DeadLetter, reader: Reader, read: Callable[[DeadLetter], Read]) -> Read | None:
        """Return the dead letter, read by `read`, a method of the reader's, if it is meant.

        Its body is parsed only if a filter or `read` needs it: a dead letter that cannot be read is chosen by its id,
        and keeps no other from being chosen.
        """
        glance = reader.glance(dead_letter)
        if not self._could_hold(glance.summary):
            return None
        if not (self.filters.actions or self.filters.events or self._where):
            return read(dead_letter)
        parsed = reader.read(dead_letter)
        return parsed if self.holds(parsed) else None

    def holds(self, read: Read) -> bool:
        """Whether this dead letter, which was read, is meant."""
        return self._could_hold(read.summary) and self._names_event(read.summary) and self._fulfils(read)

    @property
    def missing(self) -> list[str]:
        """The ids that were named and that no dead letter has had so far."""
        return [id_ for id_ in dict.fromkeys(self.filters.ids) if id_ not in self._found]

    def _could_hold(self, summary: Summary) -> bool:
        """Whether the filters hold that need nothing of the body."""
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

    def _names_event(self, summary: Summary) -> bool:
        actions = tuple(action.upper() for action in self.filters.actions)
        events = tuple(event.upper() for event in self.filters.events)
        return _any(actions, summary.action) and _any(events, summary.event.upper())

    def _is_in_time(self, summary: Summary) -> bool:
        at = milliseconds(summary.received_at)
        return (self._since is None or at >= milliseconds_of(self._since, self.now)) and (
            self._until is None or at < milliseconds_of(self._until, self.now)
        )

    def _fulfils(self, read: Read) -> bool:
        if self._where is None:
            return True
        try:
            if read.event:
                return self._where.holds(read.event.fields)
        except TemplateFailedError:
            pass  # counted below, with those that have no event at all
        self.unjudged += 1
        return False


def _any(wanted: Texts, *found: str) -> bool:
    return not wanted or any(one in wanted for one in found if one)


def _parsed(flag: str, text: str) -> Moment | None:
    return parse_moment(flag, text) if text else None
