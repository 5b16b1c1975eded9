"""The forms of own bodies in a routes file: each mistake is one problem with its place."""

import pytest

from tests.processor.routing.own_bodies import BUS, EMPTY, FUNCTION, MACHINE, NOT_AN_OBJECT, TOPIC, routes_with
from tests.processor.routing.routes_files import problems

NOT_HERE = "!json is supported only in message and input of an entry of deliver; remove it"
NOT_A_TEXT = "!json goes before a text; mappings and lists become JSON without it, so remove it"
NOT_A_TREE = "expected text, names with values, or a list; put text in quotes"


@pytest.mark.parametrize(
    ("entry", "place", "reason"),
    [
        (f"{TOPIC}, message: 1", ".message", NOT_A_TREE),
        (f"{MACHINE}, input: true", ".input", NOT_A_TREE),
        (f"{BUS}, input: [a]", ".input", "expected names with values, or text that is a JSON object"),
        (f"{BUS}, input: '[1]'", ".input", NOT_AN_OBJECT),
        (f"{BUS}, message: x", ".message", "unknown key 'message'; an event bus takes input"),
        (f"{TOPIC}, input: x", ".input", "unknown key 'input'; a topic takes message"),
        (f"{FUNCTION}, input: {{}}, message: x", "", "a function takes input or message, not both; remove one"),
        (f"{MACHINE}, input: plain", ".input", "'plain' does not produce JSON"),
        (f"{MACHINE}, input: {{a: [!json plain]}}", ".input.a[0]", "'plain' does not produce JSON"),
        (f"{TOPIC}, message: !json ''", ".message", "'' does not produce JSON"),
        (f"{TOPIC}, message: ''", ".message", EMPTY),
        (f"{TOPIC}, message: {{a: [x, {{d: '{{{{ }}'}}]}}", ".message.a[1].d", "'{{ }' is not valid: unexpected '}'"),
        (
            f"{TOPIC}, message: {{a: ['{{{{ itme_loan }}}}']}}",
            ".message.a[0]",
            "unknown name 'itme_loan'; did you mean 'item_loan'?",
        ),
        (
            f"{TOPIC}, message: {{a: {{'{{{{ x }}}}': 1}}}}",
            ".message.a.{{ x }}",
            "templates are not rendered here; write the literal text",
        ),
        (f"{TOPIC}, message: !json {{a: 1}}", ".message", NOT_A_TEXT),
        (f"{TOPIC}, message: {{a: !json [1]}}", ".message.a", NOT_A_TEXT),
        (f"{TOPIC}, message: {{!json a: 1}}", ".message.a", NOT_HERE),
        (f"{TOPIC}, message: {{a: !yaml x}}", ".message.a", "the tag !yaml is not supported; remove it"),
        (f"{TOPIC}, message: !JSON x", ".message", "the tag !JSON is not supported; write !json"),
        (f"{MACHINE}, input: {{a: !Json [1]}}", ".input.a", "the tag !Json is not supported; write !json"),
        (f"{MACHINE}, input: !!json '1'", ".input", "the tag !!json is not supported; write !json"),
        ("topic: !json t", ".topic", NOT_HERE),
        ("topic: t, name: !json t", ".name", NOT_HERE),
    ],
)
def test_mistakes_in_bodies_are_one_clear_problem(entry: str, place: str, reason: str) -> None:
    """Each has its line and its place, also a text that fails for every event."""
    [found] = problems(routes_with(f"{{{entry}}}"))
    assert (found.line, found.route, found.field, found.reason) == (5, "loans", f"deliver[0]{place}", reason)


def test_json_in_when_is_one_problem() -> None:
    """A pattern is not rendered."""
    text = routes_with(f"{{{TOPIC}}}").replace("    deliver", "    when: {action: [!json LOAN]}\n    deliver")
    [found] = problems(text)
    assert str(found).startswith("line 4, route loans, when.action[0]: !json is supported only in message and input")


def test_a_nested_text_has_its_own_line() -> None:
    """Problems point at the line of the text, not of the entry."""
    [found] = problems(routes_with("topic: t\n        message:\n          a:\n            - b\n            - '{{ }'\n"))
    assert (found.line, found.field) == (9, "deliver[0].message.a[1]")
