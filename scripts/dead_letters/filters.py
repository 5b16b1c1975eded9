"""Select dead letters by ID, or by filters that must all match."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, get_args

import typer

from processor.errors import CauseClass
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import Condition, InvalidTemplateError
from scripts.aws.completion import beginning
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import milliseconds, milliseconds_of, parse_moment
from scripts.dead_letters.dead_letter import CRASHED, Cause, DeadLetter
from scripts.dead_letters.reader import ReadDeadLetter, Reader, ReadMethod, Summary
from scripts.dead_letters.scan import Scan
from scripts.routes import completion

CAUSES = (*get_args(CauseClass), CRASHED)

Texts = tuple[str, ...]


def cause_classes(incomplete: str) -> list[str]:
    """Return the cause classes that begin with the typed text, for shell completion."""
    return beginning(lambda: CAUSES, incomplete)


@dataclass(frozen=True)
class Filters:
    """The filters of a command. Any of several values may match; an empty filter always matches.

    To add a filter, add a field here with its flag, which every command then has, and its predicate to `Selection`: if
    it needs the body also to `Selection.select`. If it selects events only, add it to queue_checks.py too.
    """

    ids: Texts = ()
    actions: Annotated[
        Texts, typer.Option("--action", help="Action, e.g. LOAN. Repeat a flag to match any of its values.")
    ] = ()
    events: Annotated[Texts, typer.Option("--event", help="Event, e.g. LOAN_RETURNED.")] = ()
    routes: Annotated[
        Texts, typer.Option("--route", autocompletion=completion.route_names, help="Route that the cause names.")
    ] = ()
    targets: Annotated[
        Texts,
        typer.Option(
            "--target",
            autocompletion=completion.targets,
            help="Target that the cause names, e.g. topic:loan-created; for notifications slack:team@library/jobs, or "
            "library/jobs for all integrations of the topic.",
        ),
    ] = ()
    causes: Annotated[
        Texts,
        typer.Option("--cause", autocompletion=cause_classes, help="Class of the cause, e.g. template or crashed."),
    ] = ()
    profiles: Annotated[Texts, typer.Option("--alma-profile", help="Alma profile that the event came by.")] = ()
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Received at or after TIME: 90m, 24h, 3d ago, or an RFC 3339 time.")
    ] = ""
    until: Annotated[str, typer.Option(metavar="TIME", help="Received before TIME.")] = ""
    where: Annotated[
        str, typer.Option(metavar="CONDITION", help="Condition on the event, with the syntax of `if` in a route.")
    ] = ""

    @property
    def is_empty(self) -> bool:
        """Whether no filter is set. An empty selection never means all dead letters."""
        return self == Filters()


@dataclass
class Selection:
    """The dead letters that match the filters; `now` is AWS' time. Raise ConfigurationError for an invalid filter.

    `seen` dead letters of `about` on the queue were scanned so far.
    `unjudged` counts dead letters on which `--where` could not be evaluated: without an event, or without its fields.
    """

    filters: Filters
    now: datetime
    seen: int = field(default=0, init=False)
    about: int = field(default=0, init=False)
    unjudged: int = field(default=0, init=False)
    _found: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        for cause in self.filters.causes:
            if cause not in CAUSES:
                raise ConfigurationError(f"--cause takes one of {', '.join(CAUSES)}, not {cause!r}.")
        self._since = _milliseconds("--since", self.filters.since, self.now, 0)
        self._until = _milliseconds("--until", self.filters.until, self.now, math.inf)
        try:
            self._where = Condition(self.filters.where) if self.filters.where else None
        except InvalidTemplateError as error:
            raise ConfigurationError(f"--where is not a condition in the syntax of `if` in a route: {error}.") from None

    def scan(self, scan: Scan, reader: Reader, read: ReadMethod) -> Iterator[ReadDeadLetter]:
        """Yield the dead letters of the scan that match, read with `read`, a method of the reader."""
        self.about = scan.depth.all
        for dead_letter in scan.dead_letters():
            self.seen = scan.seen
            if found := self.select(dead_letter, reader, read):
                yield found

    def select(self, dead_letter: DeadLetter, reader: Reader, read: ReadMethod) -> ReadDeadLetter | None:
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
        return self.matches_summary(read.summary) and self._matches_where(read)

    def matches_summary(self, summary: Summary) -> bool:
        """Return whether all filters match except `where`, which needs the event."""
        return self._matches_attributes(summary) and self._matches_event(summary)

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
            and any(self._matches_cause(each) for each in (cause, *cause.others))
            and _any(filters.profiles, summary.profile)
            and self._since <= milliseconds(summary.received_at) < self._until
        )

    def _matches_cause(self, cause: Cause) -> bool:
        filters = self.filters
        return (
            _any(filters.routes, cause.route)
            and _any(filters.targets, *_names_of(cause.target))
            and _any(filters.causes, cause.category)
        )

    def _matches_event(self, summary: Summary) -> bool:
        actions = tuple(action.upper() for action in self.filters.actions)
        events = tuple(event.upper() for event in self.filters.events)
        return _any(actions, summary.action) and _any(events, summary.event.upper())

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


def _names_of(target: str) -> tuple[str, ...]:
    """Return the texts that select a target: `topic:name` or `name`; `slack:team@library/jobs` or a part after it.

    The topic can be written as `library+jobs` too, as causes have it.
    """
    names = target, target.partition(":")[2], target.partition("@")[2]
    return (*names, *(name.replace("+", "/") for name in names)) if "@" in target else names


def _any(wanted: Texts, *found: str) -> bool:
    return not wanted or any(one in wanted for one in found if one)


def _milliseconds(flag: str, text: str, now: datetime, without: float) -> float:
    """Return milliseconds since 1970 for the text of a flag, or `without` if it is empty."""
    return milliseconds_of(parse_moment(flag, text), now) if text else without
