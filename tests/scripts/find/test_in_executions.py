"""Executions are found by their name, and the newest by their input too."""

import json
from datetime import timedelta

import pytest

from scripts.executions.find import StateMachine
from scripts.find.found import MatchedMember, SourceResult
from scripts.find.in_executions import search_executions
from scripts.find.search_text import SearchText
from tests.scripts.executions.site import PROCESSOR
from tests.scripts.executions.steps import SECRET, machine
from tests.scripts.find.places import Places

INPUT = json.dumps({"job": {"id": "77"}, "people": ["Ana Example"]})


def found(places: Places, text: str) -> SourceResult:
    source, since = SourceResult("executions of pod"), timedelta(days=14)
    pod = StateMachine("pod", machine("pod"))
    search_executions(places.scope, pod, SearchText.of(text), since, source, lambda _: None)
    return source


def test_an_execution_is_found_by_name_with_its_event(places: Places) -> None:
    """Of any status; the event comes from the log of the processor."""
    arn = places.steps.put("pod", "pod-1", "SUCCEEDED", input=INPUT)
    line = {"message": "outcome", "receipt_id": "r1", "event": "JOB_END", "deliveries": [{"execution": arn}]}
    places.log(PROCESSOR, line, at=places.steps.executions[arn]["startDate"].timestamp())
    for text in ("POD-1", arn):
        [match] = found(places, text).matches
        assert (match.id, match.event, match.detail) == ("r1", "JOB_END", "SUCCEEDED pod-1 of pod")
        assert match.members == (MatchedMember("name", "pod-1"),)


def test_an_execution_is_found_by_a_value_of_its_input(places: Places) -> None:
    """The value stays hidden, and so does the cause of the failure."""
    places.steps.put("pod", "pod-1", input=INPUT)
    places.steps.put("pod", "pod-2", input="not JSON")
    source = found(places, "ana example")
    [match] = source.matches
    assert (match.id, match.detail, source.read) == ("", "FAILED pod-1 of pod", 2)
    assert match.members == (MatchedMember("input.people", "<text of 11 characters>"),)
    assert SECRET not in repr(source)


def test_older_executions_are_not_read(places: Places) -> None:
    """AWS lists the newest first."""
    places.steps.put("pod", "pod-1", input=INPUT)
    places.steps.put("pod", "pod-2", age=timedelta(days=15))
    assert found(places, "pod-2").matches == []


def test_the_input_of_the_newest_is_searched(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice says so; a name is found in all of them."""
    monkeypatch.setattr("scripts.find.in_executions.MOST_INPUTS", 1)
    for number in range(3):
        places.steps.put("pod", f"pod-{number}", input=INPUT)
    source = found(places, "77")
    assert ([match.detail for match in source.matches], source.is_partial) == (["FAILED pod-0 of pod"], True)
    assert source.notice.startswith("Of the 3 newest executions of pod, the names were searched; the input only of")
    assert [match.detail for match in found(places, "pod-2").matches] == ["FAILED pod-2 of pod"]
