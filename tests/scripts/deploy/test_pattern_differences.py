"""Two event patterns: which fields accept less. Where it is not certain, a field counts as narrowed."""

from typing import Any

import pytest

from scripts.deploy.pattern_differences import narrowed_fields

VALUE = "LOAN_CREATED"
ONE: dict[str, Any] = {"event": {"value": [VALUE]}}


def field(*conditions: Any) -> dict[str, Any]:
    """A pattern of one field with these conditions."""
    return {"x": list(conditions)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ONE, {"event": {"value": [VALUE, "LOAN_RETURNED"]}}),
        (ONE, {"event": {"value": [{"prefix": "LOAN_"}]}}),
        (ONE, {"event": {"value": [{"suffix": "_CREATED"}]}}),
        (ONE, {"event": {"value": [{"wildcard": "LOAN_*"}]}}),
        (ONE, {"event": {"value": [{"equals-ignore-case": "loan_created"}]}}),
        (ONE, {"event": {"value": [{"anything-but": ["LOAN_LOST"]}]}}),
        (ONE, {"event": {"value": [{"exists": True}]}}),
        (field(5, 6), field({"numeric": [">", 4]})),
        (field(None, 1.5), field({"exists": True})),
        (field({"prefix": "LOAN_"}), field({"prefix": "LO"})),
        (field({"suffix": "_CREATED"}), field({"suffix": "ED"}, "other")),
        (field({"anything-but": ["a", "b"]}), field({"anything-but": "a"})),
        (field({"numeric": [">", 4]}), field({"numeric": [">", 4]}, 1)),
        (field({"wildcard": "a*"}, "b"), field({"exists": True})),
        (field("a", {"exists": False}), field({"exists": False}, {"prefix": "a"})),
        ({}, field({"exists": True}, {"exists": False})),
        ({"$or": [field("a"), field("b")]}, {"$or": [field("c"), field("b", "a")]}),
        (field("a"), {"$or": [field("a"), {"y": ["b"]}]}),
        ({"y": ["b"], "$or": [field("a"), field("b")]}, {"$or": [field("a", "b"), {"z": ["c"]}]}),
    ],
)
def test_a_wider_condition_is_not_narrowed(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Every old value is evaluated by the new conditions; operators are compared where it is certain."""
    assert list(narrowed_fields(before, after)) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ONE, {"event": {"value": [{"prefix": "LOAN_R"}]}}, "event.value no longer accepts LOAN_CREATED"),
        (ONE, {"event": {"value": [{"anything-but": [VALUE]}]}}, "event.value no longer accepts LOAN_CREATED"),
        (ONE, {"event": {"value": [{"exists": False}]}}, "event.value no longer accepts LOAN_CREATED"),
        (ONE, {"event": [VALUE]}, "event is an object in one version and a value in the other"),
        ({"x": [1]}, {"x": [True]}, "x no longer accepts 1"),
        (field(300), field(300.0), "x no longer accepts 300"),
        (field({"prefix": "LO"}), field({"prefix": "LOAN_"}), 'x no longer accepts {"prefix": "LO"}'),
        (field({"prefix": "LOAN_"}), field("LOAN_A"), 'x no longer accepts {"prefix": "LOAN_"}'),
        (field({"exists": False}), field({"exists": True}), 'x no longer accepts {"exists": false}'),
        (field({"exists": True}), field({"anything-but": "a"}), 'x no longer accepts {"exists": true}'),
        (
            field({"anything-but": "a"}),
            field({"anything-but": ["a", "b"]}),
            'x no longer accepts {"anything-but": "a"}',
        ),
        # Wider in truth, but nothing here decides it.
        (field({"numeric": [">", 4]}), field({"numeric": [">", 3]}), 'x no longer accepts {"numeric": [">", 4]}'),
        (field({"prefix": "ab"}), field({"wildcard": "a*"}), 'x no longer accepts {"prefix": "ab"}'),
        (
            field({"prefix": {"equals-ignore-case": "a"}}),
            field({"prefix": "a"}),
            'x no longer accepts {"prefix": {"equals-ignore-case": "a"}}',
        ),
        ({}, field("a"), "x is required now"),
        ({}, field({"exists": True}), "x is required now"),
        ({"y": ["b"]}, {"$or": [field("a"), field("b")]}, "$or is required now"),
        (
            {"$or": [field("a"), field("b")]},
            {"$or": [field("a"), {"y": ["b"], **field("b")}]},
            '$or no longer accepts {"x": ["b"]}',
        ),
    ],
)
def test_what_accepts_less_is_named(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    """With the path of the field and the conditions that are lost."""
    assert list(narrowed_fields(before, after)) == [expected]
