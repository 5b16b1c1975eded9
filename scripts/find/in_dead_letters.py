"""Search the dead letters of one queue: their IDs, and every value of their bodies."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

from scripts.cli.plural import plural
from scripts.dead_letters.content import IsShown, is_shown_of_event, is_shown_of_notification, redacted
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.service import DeadLetterService
from scripts.find.found import Match, MatchedMember, SourceResult
from scripts.find.search_text import SearchText
from scripts.find.values import members_of_body, values_of

_WHOLE_BODY: Final = "the body as text"


def search_dead_letters(
    service: DeadLetterService, text: SearchText, since: str, source: SourceResult, check: Callable[[], None]
) -> None:
    """Add the dead letters with the text to the source; copies of the same one are added once.

    `check` is called for each dead letter, and ends the search with an error. Raise as the methods of the service.
    """
    selection = service.select(Filters(since=since))
    is_shown = is_shown_of_notification if service.store.is_of_notifications else is_shown_of_event
    known: set[str] = set()
    with closing(service.read(selection)) as reads:
        for read in reads:
            check()
            source.read = selection.seen
            members = tuple(_members(read, text, is_shown))
            if members and read.summary.copy_key not in known:
                known.add(read.summary.copy_key)
                source.add(_match(source.name, read, members))
            if source.is_full:
                return
    source.read = selection.seen
    if selection.seen < selection.about:
        source.is_partial = True
        about = plural(selection.about, "dead letter was", "dead letters were")
        source.notice = (
            f"Only {selection.seen:,} of about {about} read; another reader holds the others for some minutes."
        )


def _match(source: str, read: ReadDeadLetter, members: tuple[MatchedMember, ...]) -> Match:
    summary = read.summary
    event = summary.event or summary.action or summary.topic
    return Match(source, summary.id, event, summary.received_at, f"cause {summary.cause.category}", members)


def _members(read: ReadDeadLetter, text: SearchText, is_shown: IsShown) -> Iterator[MatchedMember]:
    for name, value in (("receipt_id", read.dead_letter.id), ("message_id", read.dead_letter.message_id)):
        if text.equals(value) and (name == "message_id" or value != read.dead_letter.message_id):
            yield MatchedMember(name, value)
    if read.envelope is None:
        return
    members = members_of_body(read.envelope.body)
    if members is None:
        if text.is_within(read.envelope.body.decode("utf-8", "replace")):
            yield MatchedMember(_WHOLE_BODY, "")
        return
    seen: set[str] = set()
    for path, value in values_of(members):
        if path not in seen and text.equals(str(value)):
            seen.add(path)
            yield MatchedMember(path, str(redacted(value, path, is_shown)))
