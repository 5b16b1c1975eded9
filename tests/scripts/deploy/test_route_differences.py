"""Two versions of a route: which fields differ, and whether it delivers less."""

from typing import Any

import pytest

from processor.routing.models import Route
from processor.routing.yaml_scalars import JsonText
from scripts.deploy.route_differences import changed_fields, narrowing

DELIVER = [{"topic": "loans"}, {"topic": "others"}]


def route(name: str = "loans", **members: Any) -> Route:
    """A route that delivers to two topics."""
    return Route.model_validate({"name": name, "deliver": DELIVER} | members)


def test_changed_fields_have_their_keys_of_the_file() -> None:
    """In the order of the format; an unchanged route has none."""
    before = route(when={"action": ["LOAN"]}, let={"a": "1"})
    assert changed_fields(before, before) == []
    members: dict[str, Any] = {"if": "x", "fallback": True, "let": {"a": "2"}, "deliver": DELIVER[:1]}
    after = route(**members)
    assert changed_fields(before, after) == ["fallback", "when", "let", "if", "deliver"]


MACHINE = {"state_machine": "pod", "input": {"a": [1, "x"]}}


@pytest.mark.parametrize(
    ("entry", "fields"),
    [
        (MACHINE, []),
        (MACHINE | {"input": {"a": [True, "x"]}}, ["deliver[1].input"]),
        (MACHINE | {"input": {"a": [1, JsonText("x")]}}, ["deliver[1].input"]),
        (MACHINE | {"input": None, "execution_name": "e"}, ["deliver[1].execution_name", "deliver[1].input"]),
        (MACHINE | {"state_machine": "other"}, ["deliver"]),
    ],
)
def test_a_changed_body_is_named(entry: Any, fields: list[str]) -> None:
    """By its place if the targets are the same, also if only the type of a value changed."""
    before, after = (route(deliver=[DELIVER[0], each]) for each in (MACHINE, entry))
    assert changed_fields(before, after) == fields


@pytest.mark.parametrize("key", [{"delay": "1m"}, {"message_group_id": "a"}, {"message_deduplication_id": "a"}])
def test_keys_of_a_message_are_a_difference_and_narrow_nothing(key: dict[str, str]) -> None:
    """The same target gets the same events, in another way."""
    before, after = (route(deliver=[{"queue": "arn:q.fifo"} | more]) for more in ({}, key))
    assert changed_fields(before, after) == changed_fields(after, before) == [f"deliver[0].{next(iter(key))}"]
    assert narrowing(before, after) == narrowing(after, before) == ""


WHEN: dict[str, Any] = {"action": ["LOAN", "RETURN"], "event": {"value": ["A", "B"]}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"profiles": ["alma"]}, "it takes only events of alma"),
        ({"profiles": ["alma", "partner"]}, {"profiles": ["alma", "new"]}, "it takes only events of alma, new"),
        ({"profiles": ["alma"]}, {"profiles": ["new", "alma"]}, ""),
        ({"profiles": ["alma"]}, {}, ""),
        ({"when": WHEN}, {"when": WHEN | {"action": ["LOAN"]}}, "when.action no longer accepts RETURN"),
        ({"when": WHEN}, {"when": WHEN | {"event": {"value": ["C"]}}}, "when.event.value no longer accepts A, B"),
        ({"when": WHEN}, {"when": WHEN | {"id": ["1"]}}, "when.id is required now"),
        ({"when": WHEN}, {"when": WHEN | {"event": {**WHEN["event"], "x": ["1"]}}}, "when.event.x is required now"),
        ({}, {"when": {"action": ["LOAN"]}}, "when.action is required now"),
        ({}, {"deliver": DELIVER[:1]}, "it no longer delivers to topic:others"),
        ({}, {"deliver": [DELIVER[0], {"queue": "others"}]}, "it no longer delivers to topic:others"),
        ({}, {"deliver": [DELIVER[0], {"queue": "{{ action }}"}]}, "it no longer delivers to topic:others"),
        (
            {"deliver": [{"state_machine": "arn:aws:states:r:1:stateMachine:s:3"}]},
            {"deliver": [{"state_machine": "arn:aws:states:r:1:stateMachine:s:4"}]},
            "it no longer delivers to state_machine:arn:aws:states:r:1:stateMachine:s:3",
        ),
        ({}, {"if": "action"}, "it has an if now"),
        ({}, {"fallback": True}, "it is a fallback now"),
        ({}, {"if": "action", "deliver": DELIVER[1:]}, "it no longer delivers to topic:loans, it has an if now"),
    ],
)
def test_a_route_that_delivers_less_is_narrowed(before: Any, after: Any, expected: str) -> None:
    """The text names each reason."""
    assert narrowing(route(**before), route(**after)) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"when": WHEN}, {"when": WHEN}),
        ({"when": WHEN}, {"when": WHEN | {"action": ["RETURN", "LOAN", "REQUEST"]}}),
        ({"when": WHEN}, {"when": {"action": WHEN["action"]}}),
        ({"when": WHEN}, {}),
        ({"if": "a"}, {"if": "b"}),
        ({"if": "a"}, {}),
        ({"fallback": True}, {}),
        ({"fallback": True}, {"fallback": True, "let": {"a": "1"}}),
        ({}, {"deliver": [*DELIVER[::-1], {"topic": "third"}]}),
        ({"let": {"a": "1"}}, {"let": {"a": "2"}}),
        ({"deliver": [{"topic": "{{ action }}"}]}, {}),
        ({}, {"deliver": [{"topic": "{{ action }}"}]}),
    ],
)
def test_a_route_that_delivers_as_much_or_cannot_be_compared_is_not(before: Any, after: Any) -> None:
    """Values and targets are added or in another order, a condition goes, or an `if` differs."""
    assert narrowing(route(**before), route(**after)) == ""
