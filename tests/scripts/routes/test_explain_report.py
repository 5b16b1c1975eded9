"""The output of `routes explain`: values beside conditions, formatted content, escaped lines."""

from typing import Any

import pytest

from processor.routing.compile import compile_routes
from scripts.routes.explain import explain, received_now
from scripts.routes.explain_report import full_data, lines, lines_of_all
from tests.samples import STAGES, body_of

TARGETS = {"topic": {"t"}, "state_machine": {"s"}}


def explained(body: bytes, routes: str, stage: str = "dev") -> dict[str, Any]:
    compiled = compile_routes(f"{STAGES}routes:\n{routes}")
    return full_data("name", explain(received_now(body, "alma"), compiled, TARGETS, stage=stage), compiled, stage)


def text(body: bytes, routes: str) -> str:
    return "\n".join(lines(explained(body, routes)))


def test_the_event_value_stands_beside_the_pattern() -> None:
    """A missing field is called missing."""
    shown = text(body_of("loan-created"), "- {name: a, when: {action: [JOB_END], x: [z]}, deliver: [{topic: t}]}\n")
    assert 'route    a: no\n         when: action is "LOAN", expected ["JOB_END"]\n' in shown
    assert '         when: x is missing, expected ["z"]\n' in shown
    assert shown.endswith("ignored  no route matches this event")


def test_the_values_of_an_expression_stand_below_it() -> None:
    """Those of let and of the stage too."""
    route = (
        "- {name: a, let: {b: '{{ action | lower }}'}, if: 'b == marker  and x is defined', deliver: [{topic: t}]}\n"
    )
    shown = text(body_of("loan-created"), route)
    assert "         if: b == marker and x is defined is false\n" in shown
    assert '             b is "loan"\n             marker is "Dev1"\n             x is missing\n' in shown


def test_json_has_the_conditions_of_each_route() -> None:
    """A route that fires, or that is a fallback which was not tried, has none."""
    routes = (
        "- {name: a, deliver: [{topic: t}]}\n"
        "- {name: b, when: {action: [X]}, deliver: [{topic: t}]}\n"
        "- {name: c, fallback: true, when: {action: [X]}, deliver: [{topic: t}]}\n"
    )
    data = explained(body_of("loan-created"), routes)
    assert data["source"] == "name"
    unmet = [(route["route"], [each["value"] for each in route["when"]], route["if"]) for route in data["routes"]]
    assert unmet == [("a", [], None), ("b", ["LOAN"], None), ("c", [], None)]


def test_a_long_value_is_cut_in_text_only() -> None:
    """An object of a whole record would fill the screen."""
    body = b'{"action": "A", "x": "' + b"y" * 200 + b'"}'
    routes = "- {name: a, when: {x: [z]}, deliver: [{topic: t}]}\n"
    assert f'x is "{"y" * 58}…, expected ["z"]' in text(body, routes)
    assert explained(body, routes)["routes"][0]["when"][0]["value"] == "y" * 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"action":"A","x":{"y":1}}', '         message:\n           {\n             "action": "A",\n'),
        (b"<webhook><action>A</action></webhook>", "           <webhook>\n             <action>A</action>\n"),
        (b"<webhook>\n  <action>A</action>\n</webhook>", "           <webhook>\n             <action>A</action>\n"),
    ],
)
def test_a_body_is_formatted(body: bytes, expected: str) -> None:
    """Its members are on lines of their own; lines of white space do not become more."""
    assert expected in text(body, "- {name: a, deliver: [{topic: t}]}\n")


def test_an_input_is_formatted() -> None:
    """A short text beside it stays on its line."""
    shown = text(body_of("loan-created"), "- {name: a, deliver: [{state_machine: s, input: {b: c}}]}\n")
    assert '         input:\n           {\n             "b": "c"\n           }\n' in f"{shown}\n"
    assert "         execution_name: a-" in shown


def test_several_events_are_shown_below_their_names() -> None:
    """Control characters of a name are escaped."""
    data = explained(body_of("loan-created"), "- {name: a, when: {action: [X]}, deliver: [{topic: t}]}\n")
    shown = list(lines_of_all([data, data | {"source": "\x1b"}]))
    assert (shown[0], shown[shown.index("") + 1]) == ("from     name", "from     \\x1b")
