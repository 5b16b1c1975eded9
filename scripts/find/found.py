"""What a search has found, by source: dead letters, log lines and executions. Holds no value of an event."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from scripts.find.search_text import SearchText

MOST_MATCHES: Final = 100
"""How many matches of one source are kept; a source with more is read no further."""

_MOST_MEMBERS: Final = 5


class MatchedMember(NamedTuple):
    """A member whose value is the text: its path, and the value, which is redacted unless it is known to be safe."""

    path: str
    value: str


class Match(NamedTuple):
    """A dead letter, log line or execution with the text.

    `id` is the receipt ID of the event, or of a dead letter without one the message ID; empty if it is not known.
    `event` may be empty too. `detail` says which dead letter, line or execution it is, and quotes no event.
    """

    source: str
    id: str
    event: str
    at: datetime
    detail: str
    members: tuple[MatchedMember, ...]


@dataclass
class SourceResult:
    """The matches of one source. `read` is how many of its dead letters, lines or executions were searched.

    `is_partial`: there may be more. `problem` is a sentence if it could not be read, `notice` one that is no error.
    """

    name: str
    matches: list[Match] = field(default_factory=list)
    read: int = 0
    is_partial: bool = False
    is_done: bool = False
    problem: str = ""
    notice: str = ""

    @property
    def is_full(self) -> bool:
        """Whether it has as many matches as are kept."""
        return len(self.matches) >= MOST_MATCHES

    def add(self, match: Match) -> None:
        """Keep a match with a few of its members. With the last one that is kept the result is partial."""
        self.matches.append(match._replace(members=match.members[:_MOST_MEMBERS]))
        self.is_partial = self.is_partial or self.is_full


@dataclass
class FindResult:
    """The result of a search, which is valid during the search too; `has_ended` once every source was searched."""

    text: SearchText
    since: str
    sources: list[SourceResult] = field(default_factory=list)
    has_ended: bool = False

    @property
    def matches(self) -> list[Match]:
        """All matches, newest first."""
        found = [match for source in self.sources for match in source.matches]
        return sorted(found, key=lambda match: match.at, reverse=True)

    @property
    def is_partial(self) -> bool:
        """Whether there may be more matches."""
        return not self.has_ended or any(source.is_partial for source in self.sources)

    @property
    def problems(self) -> list[str]:
        """A sentence for each source that could not be read."""
        return [source.problem for source in self.sources if source.problem]

    @property
    def notices(self) -> list[str]:
        """How the text was cleaned, and remarks on the sources."""
        return [*self.text.changes, *(source.notice for source in self.sources if source.notice)]
