"""Tests of message templates with dollars."""

from typing import Any

import pytest

from notifications.dollar_template import DollarTemplate
from notifications.pieces import Piece
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import InvalidTemplateError


def rendered(source: str, values: dict[str, Any]) -> str:
    return "".join(piece.text for piece in DollarTemplate(source).render(values).pieces)


def test_placeholders_become_values_and_the_rest_is_text() -> None:
    """Both forms of a placeholder are values, and `$$` is a dollar of the text."""
    pieces = DollarTemplate("*$title* for ${price}$$").render({"title": "Faust", "price": 5}).pieces
    assert [piece for piece in pieces if piece.text] == [
        Piece("*"),
        Piece("Faust", is_value=True),
        Piece("* for "),
        Piece("5", is_value=True),
        Piece("$"),
    ]


def test_a_value_is_never_a_template() -> None:
    """There is one pass, and an empty name in the values is not the name of the text."""
    assert rendered("$a $b", {"a": "$b ${b} $$ {{ b }}", "b": "$a", "": "x"}) == "$b ${b} $$ {{ b }} $a"


def test_variables_without_a_value_are_known_by_name() -> None:
    """A null is a value."""
    template = DollarTemplate("$a $b ${b} $c")
    assert template.names == {"a", "b", "c"}
    assert template.render({"a": None, "c": ""}).unknown == {"b"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (None, "null"),
        (7, "7"),
        (1.5, "1.5"),
        ("7", "7"),
        ("", ""),
        (["é", 1, {"b": False}], '["é", 1, {"b": false}]'),
        ({}, "{}"),
    ],
)
def test_values_that_are_not_text_are_shown_as_json(value: Any, text: str) -> None:
    """Text is shown as it is, without quotes, and everything else as JSON."""
    assert rendered("$a", {"a": value}) == text


@pytest.mark.parametrize("value", [pytest.param(10**5_000, id="huge"), object(), [{1, 2}]])
def test_a_value_that_is_not_json_fails(value: Any) -> None:
    """The text of the error names the variable only."""
    with pytest.raises(TemplateFailedError, match=r"^has a value for \$a that is not JSON$"):
        rendered("$a", {"a": value})


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("cost $5", "line 1, column 6: '$5' is not a placeholder; write $$ for a dollar"),
        ("a\nb ${a\nc", "line 2, column 3: '${a' is not a placeholder; write $$ for a dollar"),
        ("a\n\n$ñ", "line 3, column 1: '$ñ' is not a placeholder; write $$ for a dollar"),
        ("📚 $", "line 1, column 3: '$' is not a placeholder; write $$ for a dollar"),
        ("$$$", "line 1, column 3: '$' is not a placeholder; write $$ for a dollar"),
        ("${}", "line 1, column 1: '${}' is not a placeholder; write $$ for a dollar"),
        ("${naïve}", "line 1, column 1: '${naïve}' is not a placeholder; write $$ for a dollar"),
        ("$nameé", "line 1, column 1: '$nameé' is unclear, because names are ASCII; write ${name}"),
        ("$name\u0301", "line 1, column 1: '$name\u0301' is unclear, because names are ASCII; write ${name}"),
    ],
)
def test_a_malformed_placeholder_is_an_error_with_its_place(source: str, reason: str) -> None:
    """A mistake that `safe_substitute` would leave in the text is found when the template is compiled."""
    with pytest.raises(InvalidTemplateError) as raised:
        DollarTemplate(source)
    assert str(raised.value) == reason


@pytest.mark.parametrize("source", ["$name—é", "${name}é", "$name.", "$name-x", "$$5", "$name²", ""])
def test_what_cannot_be_misread_is_allowed(source: str) -> None:
    """A sign after a name ends it for every reader."""
    assert rendered(source, {"name": "x"}) == source.replace("${name}", "x").replace("$name", "x").replace("$$", "$")
