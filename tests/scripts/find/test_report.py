"""A result is shown as JSON data and as lines, without the text that was searched."""

from datetime import UTC, datetime

from scripts.find import report
from scripts.find.found import FindResult, Match, MatchedMember, SourceResult
from scripts.find.search_text import SearchText

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def result() -> FindResult:
    members = (MatchedMember("receipt_id", "r1"), MatchedMember("the body as text", ""))
    match = Match("dead letters", "r1", "LOAN_CREATED", AT, "cause template", members)
    line = Match("log of audit", "", "", AT.replace(hour=13), "", (MatchedMember("who", "<text of 9 characters>"),))
    sources = [SourceResult("dead letters", [match], 7), SourceResult("log of audit", [line], 1, is_partial=True)]
    sources.append(SourceResult("log of ingest", problem="No.", is_partial=True))
    return FindResult(SearchText.of("the-searched\u200btext"), "14d", sources, has_ended=True)


def test_lines_have_the_counts_first() -> None:
    """Then each match, the newest first, with its place and its members."""
    assert list(report.lines(result())) == [
        "at least 2 found: 1 in dead letters, at least 1 in log of audit",
        "",
        "2026-11-24T13:00:00.000Z",
        "    log of audit",
        "    who: <text of 9 characters>",
        "",
        "2026-11-24T12:00:00.000Z  LOAN_CREATED  r1",
        "    dead letters: cause template",
        "    receipt_id: r1",
        "    the body as text",
    ]


def test_data_have_null_for_unknown_values() -> None:
    """The sources say how much was searched, and what went wrong."""
    data = report.as_data(result())
    assert data["matches"][0] == {
        "source": "log of audit",
        "id": None,
        "event": None,
        "at": "2026-11-24T13:00:00.000Z",
        "detail": None,
        "members": [{"path": "who", "value": "<text of 9 characters>"}],
    }
    assert data["sources"][0] == {
        "name": "dead letters",
        "found": 1,
        "read": 7,
        "is_partial": False,
        "problem": None,
    }
    assert (data["problems"], data["notices"]) == (["No."], ["1 invisible character was removed."])
    assert "the-searchedtext" not in repr(data)


def test_nothing_found_says_where() -> None:
    """A source that could not be read was not searched."""
    found = FindResult(SearchText.of("x"), "3d", [SourceResult("dead letters"), SourceResult("logs", problem="No.")])
    assert report.summary(found) == "Nothing found so far: not everything was searched."
    found.has_ended = True
    assert report.summary(found) == "Nothing found since 3d in 1 source."


def test_control_characters_are_escaped() -> None:
    """An event value of a forged line could control the terminal."""
    match = Match("log of ingest", "r1", "x\x1b[2J", AT, "", ())
    found = FindResult(SearchText.of("x"), "3d", [SourceResult("log of ingest", [match])])
    assert "\x1b" not in "".join(report.lines(found))
