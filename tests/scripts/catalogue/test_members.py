"""Test the members of events: declared ones, those that samples show, and both together."""

from typing import Any

import pytest

from scripts.catalogue.members import ANYTHING, Member, declared, seen

LOAN = {"library": "code", "fine": "any", "note": [{"text": "text"}], "count": "number"}


@pytest.mark.parametrize(
    ("path", "types"),
    [
        (("library",), {"object"}),
        (("library", "value"), {"text"}),
        (("note", "text"), {"text"}),
        (("count",), {"number"}),
        (("fine", "sum", "currency"), {"any"}),
    ],
)
def test_a_declared_member_is_found_by_its_path(path: tuple[str, ...], types: set[str]) -> None:
    """A path leads through lists, and everything exists below a member that is not checked."""
    found = declared(LOAN).at(path)
    assert found is not None
    assert found.types == types


@pytest.mark.parametrize("path", [("libary",), ("library", "name"), ("count", "value")])
def test_other_paths_are_unknown(path: tuple[str, ...]) -> None:
    """Neither a misspelled member nor a member of a number exists."""
    assert declared(LOAN).at(path) is None


@pytest.mark.parametrize(
    ("value", "types"),
    [("a", {"text"}), (1, {"number"}), (1.5, {"number"}), (True, {"flag"}), ({}, {"object"}), (None, set())],
)
def test_the_type_of_a_value_is_that_of_json(value: Any, types: set[str]) -> None:
    """True is not a number, and null shows no type."""
    assert seen(value).types == types


def test_the_elements_of_a_list_are_seen_together() -> None:
    """A member that only one element has is known."""
    found = seen([{"a": 1}, {"b": "x"}, None])
    assert found.is_list
    assert (found.at(("a",)), found.at(("b",))) == (seen(1), seen("x"))


def test_a_sample_adds_members_types_and_values() -> None:
    """Values are added only where they are known, and a new member can have any value."""
    status = Member(frozenset({"text"}), values=("ACTIVE",))
    known = declared(LOAN).with_member(("status",), status)
    found = known.extended(seen({"status": "LOST", "count": "2", "shelf": "A1", "library": {"value": "MAIN"}}))
    assert found.members["status"].values == ("ACTIVE", "LOST")
    assert found.members["count"].types == {"number", "text"}
    assert found.members["shelf"] == Member(frozenset({"text"}), is_documented=False)
    assert found.members["library"] == known.members["library"]


def test_merged_members_have_what_either_has() -> None:
    """If one of the two can have any value, both together can."""
    one, other = seen({"a": "x"}), seen({"a": "y", "b": 1})
    assert one.merged(other).members == {"a": Member(frozenset({"text"}), ("x", "y")), "b": seen(1)}
    assert one.merged(declared({"a": "text"})).members["a"].values is None


def test_walk_yields_the_members_with_values() -> None:
    """An object is not one of them, and a member that was always null has no known type."""
    paths = [path for path, _ in declared(LOAN).merged(seen({"empty": None})).walk()]
    assert paths == ["library.value", "library.desc", "fine", "note[].text", "count"]
    assert dict(declared(LOAN).walk())["fine"] == ANYTHING
