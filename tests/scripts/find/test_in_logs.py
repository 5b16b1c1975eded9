"""Log lines are found by whole values and by the parts of ARNs."""

import time

import pytest

from scripts.cli.exit_codes import FailedError
from scripts.find.found import MatchedMember, SourceResult
from scripts.find.in_logs import search_log
from scripts.find.search_text import SearchText
from tests.scripts.executions.site import AUDIT, PROCESSOR
from tests.scripts.find.places import Places
from tests.scripts.stack_logs import INGEST


def found(places: Places, text: str, group: str = INGEST, *, age: float = 3600) -> SourceResult:
    source, now = SourceResult("log of ingest"), time.time()
    span = round((now - age) * 1000), round((now + 60) * 1000)
    search_log(places.scope.aws.logs, group, SearchText.of(text), span, source, lambda _: None)
    return source


def test_a_receipt_id_is_found_in_both_cases(places: Places) -> None:
    """Log lines have it in lower case. A longer one that begins the same is another."""
    places.log(INGEST, {"message": "accepted", "receipt_id": "ab1"}, {"message": "accepted", "receipt_id": "ab12"})
    [match] = found(places, "AB1").matches
    assert (match.source, match.id, match.detail) == ("log of ingest", "ab1", "accepted")
    assert match.members == (MatchedMember("receipt_id", "ab1"),)


def test_other_values_stay_hidden(places: Places) -> None:
    """A line shows which member it was, and the event that the line is about."""
    line = {"message": "outcome", "outcome": "dead", "event": "JOB_END", "receipt_id": "r1", "job": {"id": "77"}}
    places.log(PROCESSOR, line)
    [match] = found(places, "77", PROCESSOR).matches
    assert (match.id, match.event, match.detail) == ("r1", "JOB_END", "outcome dead")
    assert match.members == (MatchedMember("job.id", "<text of 2 characters>"),)


def test_the_end_of_an_arn_is_found(places: Places) -> None:
    """Such as the name of an execution, or of the person who ran a command."""
    arn = "arn:aws:states:us-east-1:123456789012:execution:pod:pod-1"
    places.log(PROCESSOR, {"message": "outcome", "receipt_id": "r1", "deliveries": [{"execution": arn}]})
    places.log(AUDIT, {"message": "began", "who": "arn:aws:sts::123456789012:assumed-role/operator/ana"})
    assert [match.id for match in found(places, "pod-1", PROCESSOR).matches] == ["r1"]
    assert [match.members[0].path for match in found(places, "ana", AUDIT).matches] == ["who"]
    assert found(places, "pod-", PROCESSOR).matches == []


def test_lines_that_are_no_json_and_old_ones_are_not_found(places: Places) -> None:
    """The start and the end of an invocation, for example."""
    places.log(INGEST, "START r1", {"message": "accepted", "receipt_id": "r1"})
    assert len(found(places, "r1").matches) == 1
    assert found(places, "r1", age=1).matches == []


def test_a_text_with_quotes_is_a_text(places: Places) -> None:
    """It cannot end the term of the filter pattern."""
    assert found(places, 'a" b\\').matches == []


def test_at_most_a_hundred_are_kept(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the log is not read."""
    monkeypatch.setattr("scripts.find.found.MOST_MATCHES", 2)
    places.log(INGEST, *({"message": "accepted", "receipt_id": "r1", "n": n} for n in range(3)))
    source = found(places, "r1")
    assert (len(source.matches), source.read, source.is_partial) == (2, 2, True)


def test_a_missing_log_group_is_an_error(places: Places) -> None:
    """The sentence names it."""
    with pytest.raises(FailedError, match="Log group /nowhere not found, so it was not searched"):
        found(places, "r1", "/nowhere")
