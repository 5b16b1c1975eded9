"""Test what is advised for members that are numbers in JSON and text in XML: it compiles, and holds for both."""

from collections.abc import Callable
from typing import Any

import pytest

from processor.routing.router import RoutingPlan
from scripts.catalogue.catalogue import load
from scripts.catalogue.members import Member
from scripts.routes.number_members import (
    equality_reason,
    first_numeric,
    is_number,
    number_reason,
    numeric_reason,
    only_numbers,
    order_reason,
    unmet,
)
from tests.recipe_pages import ABSENT, changed, in_xml, plan

FORMS = [pytest.param(bytes, id="json"), pytest.param(in_xml, id="xml")]
NO_NUMBERS = ["first", "1,5", "", None, ABSENT]
PLACE = ("user_request", "place_in_queue")


def planned(condition: str, body: bytes) -> RoutingPlan:
    return plan(f"  - {{name: a, if: {condition!r}, deliver: [{{topic: t}}]}}", body)


def advised(operand: list[Any]) -> str:
    return numeric_reason(PLACE, operand, is_in_list=False).partition("write if: ")[2]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("operand", "matched", "others"),
    [
        (["<=", 1], [0, 1, "1", -3], [2, "2", 1.5e3]),
        (["<", 1], [0, "0"], [1, "1"]),
        (["=", 1], [1, "1", 1.0], [0, 2, "2"]),
        (["=", 0], [0, "0"], [1, "1"]),
        ([">", 0, "<=", 5], [1, "5"], [0, "0", 6, "6"]),
        ([">", -1], [0, "0"], [-1, "-1"]),
        ([">=", 0], [0, "0"], [-1, "-1"]),
        ([">=", 0.5], [0.5, "0.5", 1], [0, 0.4, "0.4"]),
        (["=", 0.0], [0, "0"], [1, "0.5"]),
    ],
)
def test_the_advised_condition_does_what_numeric_does(
    operand: list[Any], matched: list[Any], others: list[Any], form: Callable[[bytes], bytes]
) -> None:
    """It fires for a number and its text, and neither fires nor fails for other text and without the member."""
    for place in (*matched, *others, *NO_NUMBERS):
        result = planned(advised(operand), form(changed("request-created", place_in_queue=place)))
        assert (bool(result.deliveries), result.failures) == (place in matched, [])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("sign", "bound", "matched", "others"),
    [
        ("<=", 1, [1, "1"], [2, "2"]),
        ("<", 5, [4, "4"], [5, "5"]),
        (">", 0, [1, "1"], [0, "0"]),
        (">=", 0, [0, "0"], [-1, "-1"]),
        (">=", 0.5, [0.5, "0.5"], [0.4, "0.4"]),
    ],
)
def test_the_advised_comparison_holds_for_both_formats(
    sign: str, bound: float, matched: list[Any], others: list[Any], form: Callable[[bytes], bytes]
) -> None:
    """It holds neither without the member nor for other text, and does not fail."""
    number = order_reason(".".join(PLACE), unmet(sign, bound)).rpartition(": ")[2]
    for place in (*matched, *others, *NO_NUMBERS):
        result = planned(f"{number} {sign} {bound}", form(changed("request-created", place_in_queue=place)))
        assert (bool(result.deliveries), result.failures) == (place in matched, [])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("comparison", "default", "matched", "others"),
    [("== 1", 2, [1, "1"], [0, 2, "2"]), ("in [1, 2]", 3, [1, "1", 2, "2"], [0, 3]), ("!= 1", 1, [0, "2"], [1, "1"])],
)
def test_the_advised_equality_holds_for_both_formats(
    comparison: str, default: float, matched: list[Any], others: list[Any], form: Callable[[bytes], bytes]
) -> None:
    """It does not hold without a number, nor does it fail."""
    number = equality_reason(".".join(PLACE), default).rpartition(": ")[2]
    for place in (*matched, *others, *NO_NUMBERS):
        result = planned(f"{number} {comparison}", form(changed("request-created", place_in_queue=place)))
        assert (bool(result.deliveries), result.failures) == (place in matched, [])


def test_the_advised_values_of_a_pattern_match_both_formats() -> None:
    """The number and its text."""
    values = number_reason(".".join(PLACE), [1, 2]).rpartition("write ")[2]
    when = f"{{user_request: {{place_in_queue: [{values}]}}}}"
    for place, fires in ((1, True), (2, True), (3, False)):
        body = changed("request-created", place_in_queue=place)
        for each in (body, in_xml(body)):
            result = plan(f"  - {{name: a, when: {when}, deliver: [{{topic: t}}]}}", each)
            assert bool(result.deliveries) == fires


@pytest.mark.parametrize(
    ("conditions", "numbers"),
    [
        ([1, "1", 2, True, None], [2]),
        ([1.5, {"wildcard": "1*"}], []),
        ([1, {"exists": True}], []),
        ([1, {"exists": False}, {"numeric": ["=", 1]}], [1]),
        ([1, 2, {"anything-but": ["2"]}], [2]),
    ],
)
def test_numbers_whose_text_is_not_matched_are_found(conditions: list[Any], numbers: list[float]) -> None:
    """Any condition that matches the text will do."""
    assert only_numbers(conditions) == numbers


def test_what_the_advice_replaces_fails_in_xml() -> None:
    """Numeric does not match, and a comparison fails."""
    body = in_xml(changed("request-created", place_in_queue=1))
    when = "{user_request: {place_in_queue: [{numeric: ['<=', 1]}]}}"
    assert plan(f"  - {{name: a, when: {when}, deliver: [{{topic: t}}]}}", body).deliveries == []
    assert [failure.field for failure in planned("user_request.place_in_queue <= 1", body).failures] == ["if"]


@pytest.mark.parametrize(("names", "is_in_list"), [(("job_instance", "counter", "value"), True), (("a", "b-c"), False)])
def test_a_condition_that_cannot_be_pasted_is_not_shown(names: tuple[str, ...], *, is_in_list: bool) -> None:
    """Elements of a list need a filter, and a name such as b-c needs brackets."""
    reason = numeric_reason(names, ["<", 1], is_in_list=is_in_list)
    assert reason.endswith("which numeric never matches; compare it in if, after | int")


def test_the_first_numeric_of_conditions_is_found() -> None:
    """Beside other conditions, or not at all."""
    assert first_numeric([1, None, {"numeric": ["=", 2]}, {"numeric": ["=", 3]}]) == (2, ["=", 2])
    assert first_numeric([1, "1", {"exists": True}]) is None


def test_members_that_are_not_numbers_in_json_are_not_numbers() -> None:
    """Text, flags, members that are not checked, and unknown ones."""
    root = load().root()
    assert is_number(root.at(PLACE))
    assert is_number(Member(frozenset({"number", "text"})))
    assert not is_number(Member(frozenset({"number", "any"})))
    assert not any(is_number(root.at(path)) for path in [("id",), ("item_loan", "renewable"), ("holding", "x"), ("x",)])
