"""A text in XML is also the value of a code, because XML writes a code without a description like a text."""

import json
from typing import Any

import pytest

from processor.alma.events import parse
from processor.alma.xml_members import TextOrCode
from processor.routing.patterns import Pattern
from processor.routing.templates import Condition, Template

XML = b"""<webhook><action>PORTFOLIO</action><portfolio><library>MAIN</library><status desc="Active">ACTIVE</status>
<notes><note><kind>a</kind></note><note><kind>b</kind></note></notes></portfolio></webhook>"""
IN_CODES = {
    "library": {"value": "MAIN"},
    "status": {"value": "ACTIVE", "desc": "Active"},
    "note": [{"kind": {"value": "a"}}, {"kind": {"value": "b"}}],
}
AS_CODES = json.dumps({"action": "PORTFOLIO", "portfolio": IN_CODES}).encode()
IN_TEXTS = {**IN_CODES, "library": "MAIN", "note": [{"kind": "a"}, {"kind": "b"}]}
AS_TEXTS = json.dumps({"action": "PORTFOLIO", "portfolio": IN_TEXTS}).encode()

OF_CODES = [
    {"library": {"value": ["MAIN"]}},
    {"library": {"value": [{"prefix": "MA"}, {"numeric": [">", 1]}]}},
    {"library": {"value": [{"anything-but": "LAW"}], "desc": [{"exists": False}]}},
    {"library": {"value": [{"exists": True}]}},
    {"status": {"value": ["ACTIVE"], "desc": ["Active"]}},
    {"note": {"kind": {"value": ["b"]}}},
]
OF_TEXTS = [{"library": ["MAIN"]}, {"library": [{"exists": True}]}, {"note": {"kind": ["a"]}}]
NEITHER = [
    {"library": {"value": ["LAW"]}},
    {"library": {"value": {"value": ["MAIN"]}}},
    {"library": {"desc": [{"exists": True}]}},
    {"status": ["ACTIVE"]},
    {"note": {"kind": {"value": ["c"]}}},
]


def matches(pattern: dict[str, Any], body: bytes) -> bool:
    return Pattern({"portfolio": pattern}).mismatch(parse(body).fields) is None


@pytest.mark.parametrize("pattern", OF_CODES)
def test_f72_a_pattern_matches_a_code_without_a_description(pattern: dict[str, Any]) -> None:
    """A member that no list knows matches as the code that it is in JSON."""
    assert matches(pattern, XML)
    assert matches(pattern, AS_CODES)


@pytest.mark.parametrize("pattern", OF_TEXTS)
def test_f72_a_pattern_matches_a_text(pattern: dict[str, Any]) -> None:
    """The same member matches as the text that it is in JSON."""
    assert matches(pattern, XML)
    assert matches(pattern, AS_TEXTS)


@pytest.mark.parametrize("pattern", NEITHER)
def test_a_pattern_for_other_values_does_not_match(pattern: dict[str, Any]) -> None:
    """A text has no description, and its value has no value of its own."""
    assert not any(matches(pattern, body) for body in (XML, AS_CODES, AS_TEXTS))


def test_a_text_always_has_a_value() -> None:
    """A pattern for an absent value is the one that a text in JSON matches, and a text in XML does not."""
    absent = {"library": {"value": [{"exists": False}]}}
    assert [matches(absent, body) for body in (XML, AS_CODES, AS_TEXTS)] == [False, False, True]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ portfolio.library.value }}", "MAIN"),
        ("{{ portfolio['library']['value'] | lower }}", "main"),
        ("{{ portfolio.library.value ~ '-' ~ portfolio.status.value }}", "MAIN-ACTIVE"),
        ("{{ portfolio.library.value == 'MAIN' }}", "true"),
        ("{{ portfolio.note | map(attribute='kind.value') | join(' ') }}", "a b"),
        ("{{ portfolio.note | selectattr('kind.value', 'equalto', 'b') | list | length }}", "1"),
        ("{{ '%s' % portfolio.library.value }} {{ '{}'.format(portfolio.library.value) }}", "MAIN MAIN"),
        ("{{ portfolio.library.desc | default('none') }}", "none"),
        ("{{ portfolio.library.value.value is defined }}", "false"),
    ],
)
def test_f72_a_template_reads_a_code_without_a_description(source: str, text: str) -> None:
    """A template has the same result as for the code in JSON."""
    for body in (XML, AS_CODES):
        assert Template(source).render(parse(body).fields) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ portfolio.library }} {{ portfolio.library | lower }}", "MAIN main"),
        ("{{ portfolio.library[:2] ~ portfolio.library.lower() }}", "MAmain"),
        ("{{ '%s' % portfolio.library }} {{ '{}'.format(portfolio.library) }}", "MAIN MAIN"),
        ("{{ portfolio.note | map(attribute='kind') | join(' ') }}", "a b"),
        ("{{ portfolio.library | tojson }} {{ portfolio.library in ['MAIN'] }}", '"MAIN" true'),
    ],
)
def test_f72_a_template_reads_a_text(source: str, text: str) -> None:
    """A template has the same result as for the text in JSON."""
    for body in (XML, AS_TEXTS):
        assert Template(source).render(parse(body).fields) == text


def test_a_condition_reads_both_forms() -> None:
    """A condition holds for the text and for its value."""
    fields = parse(XML).fields
    assert Condition("portfolio.library == 'MAIN' and portfolio.library.value == 'MAIN'").holds(fields)
    assert not Condition("portfolio.library.value == 'LAW'").holds(fields)


def test_a_text_is_text_everywhere_else() -> None:
    """JSON has it as text, the value is plain text, and models have plain text."""
    event = parse(XML.replace(b"</action>", b"</action><id>5</id>"))
    text = event.fields["portfolio"]["library"]
    assert json.dumps(text) == '"MAIN"'
    assert (type(text), type(text.value), type(event.id)) == (TextOrCode, str, str)
