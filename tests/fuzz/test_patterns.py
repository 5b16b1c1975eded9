"""Valid patterns work for every event, patterns made from an event match it, and invalid ones are reported."""

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from processor.routing.compile import compile_routes
from processor.routing.models import InvalidRoutesError
from processor.routing.patterns import Pattern
from processor.routing.router import Router
from scripts.deploy.pattern_differences import narrowed_fields
from tests.fuzz.bodies import written
from tests.fuzz.patterns import PATTERNS, WHENS, matching, values_with_conditions
from tests.fuzz.values import JSON, mutated
from tests.samples import STAGES

NAMES = st.sampled_from(["a", "b", "c", "$or", ""])
EVENTS = st.dictionaries(NAMES, mutated(st.just({"a": [{"b": [1, "xy"]}, None], "b": "x", "c": [[], {}]})) | JSON)


@given(PATTERNS, EVENTS | JSON)
def test_a_valid_pattern_can_be_applied_to_any_event(pattern: dict[str, Any], event: Any) -> None:
    """A valid pattern matches an event with values of any type, or gives the reason why it does not."""
    mismatch = Pattern(pattern).mismatch(event)
    assert mismatch is None or str(mismatch)


@given(values_with_conditions())
def test_a_condition_made_from_a_value_is_met_by_it(pair: tuple[Any, Any]) -> None:
    """A value meets a condition that was made from it, for every operator."""
    value, condition = pair
    assert Pattern({"a": [condition]}).mismatch({"a": value}) is None


@given(st.data())
def test_a_pattern_made_from_an_event_matches_it(data: st.DataObject) -> None:
    """An event matches a pattern that was made from it, for every operator, at any depth and through arrays."""
    event = data.draw(EVENTS)
    pattern = data.draw(matching(event))
    assume(pattern)
    assert Pattern(pattern).mismatch(event) is None


SMALL = st.sampled_from(["", "a", "ab", "b", 1, 1.0, True, None])
WIDE = st.sampled_from(
    [{"exists": True}, {"exists": False}, {"prefix": "a"}, {"suffix": "b"}, {"anything-but": "a"}, {"prefix": ""}]
)
FIELDS = st.dictionaries(st.sampled_from(["a", "b"]), st.lists(SMALL | WIDE, min_size=1, max_size=3), min_size=1)
WHOLE = FIELDS | st.builds(lambda fields, some: {**fields, "$or": some}, FIELDS, st.lists(FIELDS, min_size=2))


@given(WHOLE, WHOLE, FIELDS, st.dictionaries(st.sampled_from(["a", "b"]), SMALL))
def test_a_pattern_that_is_not_narrowed_matches_what_it_did(
    before: dict[str, Any], after: dict[str, Any], more: dict[str, Any], event: dict[str, Any]
) -> None:
    """If the plan of a deployment does not call a changed pattern narrowed, every event that matched still does."""
    wider = {field: [*more.get(field, []), *value] for field, value in before.items() if field in after}
    for each in (after, wider):
        is_narrowed = not each or any(narrowed_fields(before, each))
        if not is_narrowed and Pattern(before).mismatch(event) is None:
            assert Pattern(each).mismatch(event) is None


@given(WHENS)
def test_f35_an_invalid_when_is_reported(when: Any) -> None:
    """The check reports an invalid `when` as a problem, and a file without problems can be used."""
    text = f"{STAGES}routes: [{{name: r, when: {written(when).decode()}, deliver: [{{topic: other}}]}}]"
    try:
        Router(compile_routes(text), "dev")
    except InvalidRoutesError as error:
        assert error.problems
