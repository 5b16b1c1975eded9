"""The event's values beside the conditions of `when` and `if` that failed."""

from typing import Any

import pytest

from processor.routing.patterns import Pattern
from processor.routing.templates import Condition
from scripts.routes.unmet import UnmetField, UsedValue, unmet_fields, used_values


def test_each_field_that_fails_is_found_and_no_other() -> None:
    """A field that matches is left out; one that the event lacks is missing."""
    pattern = Pattern({"action": ["LOAN"], "event": {"value": ["A", "B"], "desc": [{"prefix": "x"}]}})
    assert unmet_fields(pattern, {"action": "LOAN", "event": {"value": "C"}}) == [
        UnmetField("event.value", ["A", "B"], is_missing=False, value="C"),
        UnmetField("event.desc", [{"prefix": "x"}], is_missing=True, value=None),
    ]
    assert unmet_fields(pattern, {"action": "LOAN", "event": {"value": "A", "desc": "xy"}}) == []


def test_null_is_a_value_and_not_missing() -> None:
    """Alma sends both."""
    [found] = unmet_fields(Pattern({"event": {"value": ["A"]}}), {"event": {"value": None}})
    assert (found.is_missing, found.value) == (False, None)


def test_all_values_of_an_array_are_shown() -> None:
    """The array can be anywhere on the path."""
    [found] = unmet_fields(Pattern({"a": {"b": ["x"]}}), {"a": [{"b": "y"}, {"b": ["z"]}]})
    assert found == UnmetField("a.b", ["x"], is_missing=False, value=["y", "z"])


def test_each_alternative_of_an_or_is_shown() -> None:
    """None of them matches, each for its own reason."""
    pattern = Pattern({"a": {"$or": [{"b": ["x"]}, {"c": ["y"], "d": ["z"]}]}})
    assert unmet_fields(pattern, {"a": {"b": "1", "d": "z"}}) == [
        UnmetField("$or[0] a.b", ["x"], is_missing=False, value="1"),
        UnmetField("$or[1] a.c", ["y"], is_missing=True, value=None),
    ]
    assert unmet_fields(pattern, {"a": {"b": "x"}}) == []


def test_conditions_that_different_elements_meet_are_explained() -> None:
    """Each matches somewhere, but no single element of the array meets both."""
    pattern = Pattern({"a": {"b": ["x"], "c": ["y"]}})
    [found] = unmet_fields(pattern, {"a": [{"b": "x", "c": "1"}, {"b": "2", "c": "y"}]})
    assert (found.field, found.value) == ("a.c", ["1", "y"])
    assert found.note == "no single element of the array meets all conditions"


NAMES: dict[str, Any] = {
    "job": {"name": "POD Dev1", "counter": [{"type": {"value": "new"}, "value": "3"}], "null": None},
    "marker": "Dev1",
}


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("job.name | has_word(marker)", [("job.name", False, "POD Dev1"), ("marker", False, "Dev1")]),
        ("job.name.lower() == marker", [("job.name", False, "POD Dev1"), ("marker", False, "Dev1")]),
        ('job["name"] == "x"', [("job.name", False, "POD Dev1")]),
        ("job.other is defined", [("job.other", True, None)]),
        ("job | counted('new', 'old') > 5", [("job | counted(…)", False, 3)]),
        ("marker == 'a' or marker == 'b'", [("marker", False, "Dev1")]),
        ("nothing.at.all == 1", [("nothing.at.all", True, None)]),
    ],
)
def test_the_values_of_an_expression_are_found(expression: str, values: list[tuple[str, bool, Any]]) -> None:
    """Each once, in the order of the expression; instead of a job's counters, their sum."""
    assert used_values(Condition(expression), NAMES) == [UsedValue(*value) for value in values]
