"""Valid patterns work for every event, patterns made from an event match it, and invalid ones are reported."""

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from processor.routing.compile import compile_routes
from processor.routing.models import InvalidRoutesError
from processor.routing.patterns import Pattern
from processor.routing.router import Router
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


@given(WHENS)
def test_f35_an_invalid_when_is_reported(when: Any) -> None:
    """The check reports an invalid `when` as a problem, and a file without problems can be used."""
    text = f"{STAGES}routes: [{{name: r, when: {written(when).decode()}, deliver: [{{topic: other}}]}}]"
    try:
        Router(compile_routes(text), "dev")
    except InvalidRoutesError as error:
        assert error.problems
