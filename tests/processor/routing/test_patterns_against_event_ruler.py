"""The pattern matcher agrees with the package event-ruler on ten thousand random patterns and events.

event-ruler 0.3.0 is a port to Go of an early matcher. It supports only exact values, `exists` and `anything-but` with
a list of texts. It differs from the documentation of Amazon EventBridge, and from this matcher, in these ways:

- numbers are compared as they are written; this matcher does so too for 1 and 1.0, but not for 3e2 and 300.0;
- `{exists: false}` beside another field often does not match, although the field is absent;
- if an object in an array has a member, at any depth, with the name of the array, the member is taken for the value of
  the array, and the elements after the object are ignored.
"""

import json
from typing import Any

import pytest

from processor.routing.patterns import Pattern
from tests.processor.routing.pattern_pairs import Pairs

event_ruler = pytest.importorskip(
    "event_ruler", reason="event-ruler is published for Python 3.11 on Linux x86_64 and macOS arm64 only"
)


def event_ruler_matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool | None:
    """The result of event-ruler; None if it does not support the pattern."""
    try:
        return bool(event_ruler.test_event_pattern(json.dumps(event), json.dumps(pattern)))
    except RuntimeError:
        return None


def matcher_matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    return Pattern(pattern).mismatch(event) is None


def has_absence_beside_another_field(pattern: dict[str, Any]) -> bool:
    written = json.dumps(pattern)
    return '{"exists": false}' in written and written.count("[") > 1 + written.count('"anything-but"')


@pytest.mark.parametrize("pairs", [1_000, pytest.param(10_000, marks=pytest.mark.full)])
def test_random_pairs_have_no_unexplained_difference(pairs: int) -> None:
    """Both matchers agree, except for the differences listed above."""
    source, compared, matched = Pairs(seed=4711), 0, 0
    while compared < pairs:
        pattern, event = source.pair()
        expected = event_ruler_matches(pattern, event)
        if expected is None:
            continue
        compared += 1
        matched += expected
        if matcher_matches(pattern, event) is not expected:
            assert has_absence_beside_another_field(pattern), (pattern, event)
    assert matched > pairs / 20  # enough of the pairs match


@pytest.mark.parametrize(
    ("pattern", "event", "documented"),
    [
        ({"b": [{"exists": False}], "a": [{"exists": True}]}, {"a": "1"}, True),
        ({"a": ["x"]}, {"a": [{"a": "y"}, "x"]}, True),
        ({"a": ["x"]}, {"a": [{"a": "x"}]}, False),
        ({"a": [300.0]}, {"a": 300.0}, True),
    ],
)
def test_differences_follow_the_documentation(pattern: dict[str, Any], event: dict[str, Any], documented: bool) -> None:
    """Where the two differ, the matcher follows the documentation."""
    assert matcher_matches(pattern, event) is documented


def test_the_differences_still_exist() -> None:
    """If event-ruler has been fixed, the exceptions above can be removed."""
    assert event_ruler_matches({"b": [{"exists": False}], "a": [{"exists": True}]}, {"a": "1"}) is False
    assert event_ruler_matches({"a": ["x"]}, {"a": [{"a": "y"}, "x"]}) is False
    assert event_ruler_matches({"a": ["x"]}, {"a": [{"a": "x"}]}) is True
