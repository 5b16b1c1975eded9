"""Event patterns: operators, arrays and errors, against the documented behavior of Amazon EventBridge."""

from typing import Any

import pytest

from processor.routing.conditions import PatternError
from processor.routing.patterns import Pattern


def matches(pattern: dict[str, Any], event: Any) -> bool:
    return Pattern(pattern).mismatch(event) is None


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("LOAN", "LOAN", True),
        ("LOAN", "loan", False),
        ("1", 1, False),
        (1, 1, True),
        (1, 1.0, False),
        (300.0, 300.0, True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        (True, 1, False),
        (True, "true", False),
        (None, None, True),
        (None, "", False),
        (None, False, False),
        ({"prefix": "Pub"}, "Publishing", True),
        ({"prefix": "pub"}, "Publishing", False),
        ({"prefix": "1"}, 12, False),
        ({"prefix": {"equals-ignore-case": "PUB"}}, "publishing", True),
        ({"prefix": {"equals-ignore-case": "PUB"}}, "a publishing", False),
        ({"equals-ignore-case": "alice"}, "AliCE", True),
        ({"equals-ignore-case": "alice"}, "alice2", False),
        ({"equals-ignore-case": "1"}, 1, False),
        ({"anything-but": "x"}, "y", True),
        ({"anything-but": "x"}, "x", False),
        ({"anything-but": ["x", "y"]}, "y", False),
        ({"anything-but": ["x", 3]}, 3, False),
        ({"anything-but": ["x", 3]}, "3", True),
        ("x", {"x": 1}, False),
    ],
)
def test_operators_match_one_value(condition: Any, value: Any, expected: bool) -> None:
    """Each operator is tested against one value."""
    assert matches({"field": [condition]}, {"field": value}) is expected


@pytest.mark.parametrize("condition", ["x", None, {"anything-but": "x"}, {"prefix": ""}])
@pytest.mark.parametrize("event", [{}, {"other": 1}, "text", None, []])
def test_an_absent_field_matches_nothing(condition: Any, event: Any) -> None:
    """No condition matches an absent field; null is not absent."""
    assert not matches({"field": [condition]}, event)


def test_conditions_are_alternatives_and_fields_must_all_match() -> None:
    """One condition of a list and all fields of an object must match."""
    pattern = {"a": ["x", {"prefix": "y"}], "b": {"c": [1]}}
    assert matches(pattern, {"a": "yes", "b": {"c": 1}})
    assert not matches(pattern, {"a": "yes", "b": {"c": 2}})
    assert not matches(pattern, {"a": "no", "b": {"c": 1}})


def test_an_array_matches_if_one_of_its_values_matches() -> None:
    """An array matches by any of its elements, and an empty array never matches."""
    assert matches({"a": ["x", "z"]}, {"a": ["y", "z"]})
    assert not matches({"a": ["x"]}, {"a": ["y"]})
    assert not matches({"a": ["x"]}, {"a": []})
    assert matches({"a": [{"anything-but": "x"}]}, {"a": ["x", "y"]})


def test_one_element_of_an_array_of_objects_must_meet_all_conditions() -> None:
    """Conditions on members of an array's objects must match in the same object."""
    pattern = {"counter": {"type": {"value": ["new"]}, "value": ["1"]}}
    one_new = {"counter": [{"type": {"value": "old"}, "value": "2"}, {"type": {"value": "new"}, "value": "1"}]}
    two_new = {"counter": [{"type": {"value": "old"}, "value": "1"}, {"type": {"value": "new"}, "value": "2"}]}
    assert matches(pattern, one_new)
    assert not matches(pattern, two_new)
    assert not matches(pattern, {"counter": []})


def test_nested_arrays_are_flattened() -> None:
    """Values and objects in nested arrays are elements at any depth."""
    assert matches({"a": ["x"]}, {"a": [["y", ["x"]]]})
    assert matches({"a": {"b": [1]}}, {"a": [[{"b": 1}]]})


@pytest.mark.parametrize(
    ("event", "exists"),
    [
        ({"a": {"b": 1}}, True),
        ({"a": {"b": None}}, True),
        ({"a": {"b": [[0]]}}, True),
        ({"a": [{"c": 1}, {"b": 1}]}, True),
        ({}, False),
        ({"a": None}, False),
        ({"a": {"b": {}}}, False),
        ({"a": {"b": {"c": 1}}}, False),
        ({"a": {"b": []}}, False),
        ({"a": []}, False),
        ({"a": [{"c": 1}, {"c": 2}]}, False),
    ],
)
def test_exists_matches_a_value_at_a_path(event: Any, exists: bool) -> None:
    """A value at the path exists, null included; an object or an empty array does not."""
    assert matches({"a": {"b": [{"exists": True}]}}, event) is exists
    assert matches({"a": {"b": [{"exists": False}]}}, event) is not exists


def test_absence_can_be_an_alternative() -> None:
    """A field that is absent or has a certain value matches."""
    pattern = {"a": ["x", {"exists": False}], "b": [1]}
    assert matches(pattern, {"b": 1})
    assert matches(pattern, {"a": "x", "b": 1})
    assert not matches(pattern, {"a": "y", "b": 1})
    assert not matches(pattern, {"b": 2})


def test_or_matches_one_of_several_patterns() -> None:
    """`$or` can be used beside fields at any level, and one of its patterns must match."""
    pattern = {"c": [1], "$or": [{"a": ["x"]}, {"b": {"$or": [{"d": [2]}, {"e": [{"exists": True}]}]}}]}
    assert matches(pattern, {"c": 1, "a": "x"})
    assert matches(pattern, {"c": 1, "b": {"d": 2}})
    assert matches(pattern, {"c": 1, "b": [{"f": 1}, {"e": None}]})
    assert not matches(pattern, {"c": 2, "a": "x"})
    assert not matches(pattern, {"c": 1, "a": "y", "b": {"d": 3}})
    assert str(Pattern(pattern).mismatch({"c": 1})).startswith('$or does not match [{"a": ["x"]}')
    nested = Pattern({"b": {"$or": [{"d": [2]}, {"e": [3]}]}})
    assert str(nested.mismatch({"b": {"d": 1}})).startswith('b.$or does not match [{"d": [2]}')


def test_an_alternative_can_be_the_absence_of_a_field() -> None:
    """`exists` means the same inside `$or`."""
    pattern = {"$or": [{"a": [{"exists": False}]}, {"b": [1]}]}
    assert matches(pattern, {})
    assert matches(pattern, {"a": 2, "b": 1})
    assert not matches(pattern, {"a": 2})


def test_a_large_array_is_matched_in_one_pass() -> None:
    """Each of a hundred thousand elements is checked once, also for absent fields."""
    pattern = {"a": {"b": [{"exists": False}], "c": ["x"]}, "d": [{"exists": False}]}
    assert matches(pattern, {"a": [{"c": "y"}] * 100_000 + [{"c": "x"}]})


def test_a_mismatch_names_the_field_and_the_pattern() -> None:
    """The reason quotes the pattern, never the event."""
    mismatch = Pattern({"a": {"b": ["x", {"prefix": "ü"}]}}).mismatch({"a": {"b": "secret"}})
    assert str(mismatch) == 'a.b does not match ["x", {"prefix": "ü"}]'
    absent = Pattern({"a": {"b": ["x"]}}).mismatch({"a": None})
    assert str(absent) == 'a.b is missing from the event but should match ["x"]'


@pytest.mark.parametrize(
    ("pattern", "path", "reason"),
    [
        ({}, (), "at least one field"),
        ({"a": {}}, ("a",), "at least one field"),
        ({"a": "x"}, ("a",), "list"),
        ({"a": []}, ("a",), "list is empty"),
        ({"a": [["x"]]}, ("a", 0), "quotes"),
        ({"a": [{}]}, ("a", 0), "one operator"),
        ({"a": [{"prefix": "x", "anything-but": "y"}]}, ("a", 0), "one operator"),
        ({"a": ["x", {"like": "y"}]}, ("a", 1), "unknown operator 'like'"),
        ({"a": [{"exists": 1}]}, ("a", 0, "exists"), "true or false"),
        ({"a": {"b": [{"exists": True, "prefix": "x"}]}}, ("a", "b", 0), "one operator"),
        ({"$or": {"a": ["x"]}}, ("$or",), "at least two"),
        ({"$or": [{"a": ["x"]}]}, ("$or",), "at least two"),
        ({"$or": [{"a": ["x"]}, {}]}, ("$or", 1), "at least one field"),
        ({"a": [{"prefix": 1}]}, ("a", 0, "prefix"), "quotes"),
        ({"a": [{"prefix": {"suffix": "x"}}]}, ("a", 0, "prefix"), "equals-ignore-case"),
        ({"a": [{"equals-ignore-case": None}]}, ("a", 0, "equals-ignore-case"), "quotes"),
        ({"a": [{"anything-but": []}]}, ("a", 0, "anything-but"), "list is empty"),
        ({"a": [{"anything-but": {"numeric": ["=", 1]}}]}, ("a", 0, "anything-but"), "takes one of"),
        ({"a": [{"anything-but": [["x"]]}]}, ("a", 0, "anything-but"), "text, numbers"),
    ],
)
def test_an_invalid_pattern_is_reported_with_its_path(
    pattern: dict[str, Any], path: tuple[str | int, ...], reason: str
) -> None:
    """An invalid pattern fails to compile, with the path of the wrong part."""
    with pytest.raises(PatternError, match=reason) as raised:
        Pattern(pattern)
    assert raised.value.path == path
