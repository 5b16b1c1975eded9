"""Own bodies as targets get them: text, YAML and `!json`, and which bodies fail."""

import json
from typing import Any

import pytest

from processor.delivery import MessageDelivery
from processor.errors import Permanent
from tests.processor.routing.own_bodies import (
    BODY,
    BUS,
    EMPTY,
    FUNCTION,
    LOAN,
    MACHINE,
    NOT_AN_OBJECT,
    QUEUE,
    TOPIC,
    failure,
    sent,
    steps,
)


@pytest.mark.parametrize("target", [TOPIC, QUEUE])
@pytest.mark.parametrize(
    ("message", "text"),
    [
        ('"{{ item_loan.title }} is back"', 'Die "Räuber" is back'),
        ("always the same", "always the same"),
        ('"{{ item_loan | tojson }} and text that only looks like JSON: {"', None),
        ("{id: '{{ item_loan.loan_id }}', no1: [1, true, null]}", '{"id": "7", "no1": [1, true, null]}'),
        ("['{{ item_loan.loan_id }}']", '["7"]'),
        ("!json '{{ item_loan.tags | tojson }}'", '["a", "b"]'),
    ],
)
def test_a_topic_or_queue_gets_text_as_rendered_and_yaml_as_json(target: str, message: str, text: str | None) -> None:
    """Text can be anything; the JSON of YAML has typed values where the file has them."""
    made = sent(f"{{{target}, message: {message}}}")
    assert made == text or (text is None and made.endswith("looks like JSON: {"))


@pytest.mark.parametrize("target", [TOPIC, QUEUE])
def test_an_own_message_keeps_the_attributes_of_the_event(target: str) -> None:
    """Subscribers filter by the same attributes, and `encoding` describes the own message."""
    [own] = steps(f"{{{target}, message: short}}")
    [whole] = steps(f"{{{target}}}")
    assert isinstance(own, MessageDelivery)
    assert isinstance(whole, MessageDelivery)
    assert own.attributes == whole.attributes
    assert own.attributes["encoding"] == "utf-8"
    assert own.key == whole.key


def test_a_message_that_sns_cannot_hold_as_text_is_base64() -> None:
    """A control character is encoded as in a body, and the attribute says so."""
    [made] = steps(f"{{{TOPIC}, message: \"a{{{{ '\\0' }}}}b\"}}")
    assert isinstance(made, MessageDelivery)
    assert (made.message, made.attributes["encoding"]) == ("YQBi", "base64")


@pytest.mark.parametrize(
    ("target", "field", "body", "text"),
    [
        (MACHINE, "input", '{date: "{{ item_loan.count }}", no1: 1}', '{"date": "3", "no1": 1}'),
        (MACHINE, "input", "{}", "{}"),
        (MACHINE, "input", '"{{ item_loan.tags | tojson }}"', '["a", "b"]'),
        (MACHINE, "input", '["{{ item_loan.loan_id }}"]', '["7"]'),
        (MACHINE, "input", "'12'", "12"),
        (BUS, "input", '{loan: {id: "{{ item_loan.loan_id }}"}}', '{"loan": {"id": "7"}}'),
        (BUS, "input", "\"{{ {'a': item_loan.count} | tojson }}\"", '{"a": 3}'),
        (FUNCTION, "input", '[!json "{{ item_loan.renewable }}", 0.5]', "[true, 0.5]"),
        (FUNCTION, "input", '"{{ item_loan.count }}"', "3"),
        (FUNCTION, "message", '"{{ item_loan.count }}"', '"3"'),
        (FUNCTION, "message", '""', '""'),
        (FUNCTION, "message", "{no1: 3}", '{"no1": 3}'),
        (FUNCTION, "message", '!json "{{ item_loan.count }}"', "3"),
    ],
)
def test_other_targets_get_json(target: str, field: str, body: str, text: str) -> None:
    """Text of `input` has to be JSON, and text of a function's `message` becomes a JSON string."""
    assert sent(f"{{{target}, {field}: {body}}}") == text


def test_json_is_inserted_as_its_value() -> None:
    """Numbers, booleans, null, lists and objects keep their type; a template without the tag is always text."""
    template = """state_machine: s
        input:
          text: "{{ item_loan.count }}"
          number: !json "{{ item_loan.count }}"
          flag: !json '{{ item_loan.renewable }}'
          nothing: !json null
          title: !json "{{ item_loan.title | tojson }}"
          all: [!json "{{ item_loan.tags | tojson }}", {deep: !json "{{ item_loan.count + 1 }}"}]
          block: !json |
            {"n": {{ item_loan.count }}}
"""
    assert json.loads(sent(template)) == {
        "text": "3",
        "number": 3,
        "flag": True,
        "nothing": None,
        "title": LOAN["title"],
        "all": [["a", "b"], {"deep": 4}],
        "block": {"n": 3},
    }


def test_typed_values_are_the_same_for_xml() -> None:
    """XML has no types, so a route gives each value its own."""
    entry = f'{{{MACHINE}, input: {{n1: !json "{{{{ item_loan.count }}}}", f: !json "{{{{ item_loan.renewable }}}}"}}}}'
    body = b"<webhook><action>LOAN</action><item_loan><count>3</count><renewable>true</renewable></item_loan></webhook>"
    assert [sent(entry), sent(entry, body)] == ['{"n1": 3, "f": true}'] * 2


NOT_JSON = "'{{ item_loan.title }}' does not produce JSON; write text from Alma with | tojson"
BROKEN = "{{ item_loan.title | tojson }} x"
HALF = "the text has half of a surrogate pair, which is not a character"
ABSENT = "uses a field that the event does not have"
HALF_A_PAIR = r"{{ '\\ud800' ~ item_loan.count }}"  # in quotes, YAML reads two backslashes as one


@pytest.mark.parametrize(
    ("entry", "field", "reason"),
    [
        (MACHINE + ', input: {a: [x, {b: !json "{{ item_loan.title }}"}]}', "input.a[1].b", NOT_JSON),
        (MACHINE + ', input: "{{ item_loan.title }}"', "input", NOT_JSON),
        (MACHINE + ', input: {a.b: !json "{{ item_loan.title }}"}', 'input["a.b"]', NOT_JSON),
        (TOPIC + ', message: !json "{{ item_loan.title }}"', "message", NOT_JSON),
        (TOPIC + f', message: !json "{BROKEN}"', "message", f"{BROKEN!r} does not produce JSON"),
        (FUNCTION + ', message: [!json "{{ item_loan.title }}"]', "message[0]", NOT_JSON),
        (BUS + ', input: "{{ item_loan.tags | tojson }}"', "input", NOT_AN_OBJECT),
        (TOPIC + ', message: "{{ item_loan.note | default }}"', "message", EMPTY),
        (QUEUE + ', message: "{{ item_loan.note | default }}"', "message", EMPTY),
        (TOPIC + ', message: "{{ item_loan.note }}"', "message", f"'{{{{ item_loan.note }}}}' {ABSENT}"),
        (BUS + ', input: {a: {b: "{{ item_loan.no }}"}}', "input.a.b", f"'{{{{ item_loan.no }}}}' {ABSENT}"),
        (TOPIC + f', message: "{HALF_A_PAIR}"', "message", HALF),
        (MACHINE + f', input: {{a: "{HALF_A_PAIR}"}}', "input.a", HALF),
    ],
)
def test_a_body_that_its_target_would_reject_is_a_permanent_failure(entry: str, field: str, reason: str) -> None:
    """The failure names the field and quotes the template, but no value of the event."""
    failed = failure(f"{{{entry}}}")
    assert (failed.cause_class, failed.route, failed.field) == ("template", "loans", f"deliver[0].{field}")
    assert failed.target
    assert failed.reason == reason


@pytest.mark.parametrize("text", ["NaN", "1e999", '{"a": 1, "a": 2}', "[" * 201 + "]" * 201, "01", "", "'x'", "1 2"])
def test_json_is_strict(text: str) -> None:
    """What parsers downstream would read differently, or not at all, is not JSON."""
    failed = failure(f"{MACHINE}, input: {{a: !json {json.dumps(text + '{{ item_loan.note | default }}')}}}".join("{}"))
    assert (failed.cause_class, failed.field) == ("template", "deliver[0].input.a")


def test_a_failed_body_does_not_affect_other_entries() -> None:
    """The failure names its own entry, and the others are delivered."""
    first, second = steps(f'{{{TOPIC}, message: !json "{{{{ item_loan.title }}}}"}}\n      - {{{QUEUE}}}')
    assert isinstance(first, Permanent)
    assert (first.field, first.target) == ("deliver[0].message", "topic:t")
    assert isinstance(second, MessageDelivery)


def test_paths_that_look_alike_are_distinct() -> None:
    """A key with a dot or brackets is not the nested member of the same spelling."""
    tree = '{a.b: "1{{ action }}", a: {b: "2", "c[0]": "3", c: ["4"], "": "5"}, "a[\\"b\\"]": "6"}'
    expected: Any = {"a.b": "1LOAN", "a": {"b": "2", "c[0]": "3", "c": ["4"], "": "5"}, 'a["b"]': "6"}
    assert json.loads(sent(f"{{{MACHINE}, input: {tree}}}")) == expected


def test_null_is_the_default() -> None:
    """A body that is null is left out, as before."""
    assert json.loads(sent(f"{{{MACHINE}, input: null}}"))["action"] == "LOAN"
    assert sent(f"{{{TOPIC}, message: null}}") == BODY.decode()
