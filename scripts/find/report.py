"""Format the result of a search as JSON data and as lines of text. Prints nothing, and shows no text that was found."""

from collections.abc import Iterator

from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.cli.times import time_of
from scripts.find.found import FindResult, Match, SourceResult


def as_data(result: FindResult) -> Data:
    """Return the result as JSON data, without the text. Unknown values are null."""
    return {
        "since": result.since,
        "is_partial": result.is_partial,
        "matches": [_match_data(match) for match in result.matches],
        "sources": [_source_data(source) for source in result.sources],
        "notices": result.notices,
        "problems": result.problems,
    }


def _match_data(match: Match) -> Data:
    return {
        "source": match.source,
        "id": match.id or None,
        "event": match.event or None,
        "at": time_of(match.at),
        "detail": match.detail or None,
        "members": [member._asdict() for member in match.members],
    }


def _source_data(source: SourceResult) -> Data:
    facts = {"read": source.read, "is_partial": source.is_partial, "problem": source.problem or None}
    return {"name": source.name, "found": len(source.matches)} | facts


def lines(result: FindResult) -> Iterator[str]:
    """Yield the counts, and for each match its time, event and ID, and below them its place and its members."""
    yield escape(summary(result))
    for match in result.matches:
        yield ""
        yield escape("  ".join(filter(None, (time_of(match.at), match.event, match.id))))
        yield escape(f"    {match.source}: {match.detail}" if match.detail else f"    {match.source}")
        for member in match.members:
            yield escape(f"    {member.path}: {member.value}" if member.value else f"    {member.path}")


def summary(result: FindResult) -> str:
    """Return how many matches there are and in which sources, such as `3 found: 1 in dead letters, 2 in log of …`."""
    counts = [_count(source) for source in result.sources if source.matches]
    if not counts and not result.has_ended:
        return "Nothing found so far: not everything was searched."
    if not counts:
        searched = plural(len(result.sources) - len(result.problems), "source")
        return f"Nothing found since {result.since} in {searched}."
    at_least = "at least " if result.is_partial else ""
    return f"{at_least}{len(result.matches):,} found: {', '.join(counts)}"


def _count(source: SourceResult) -> str:
    return f"{'at least ' if source.is_partial else ''}{len(source.matches):,} in {source.name}"
