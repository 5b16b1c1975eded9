"""Tests of message templates in Jinja2."""

from typing import Any

import pytest

from notifications.fitting import LONGEST_MESSAGE
from notifications.jinja_message import JinjaMessage
from notifications.pieces import Piece
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import InvalidTemplateError

HOSTILE = "<b>{{ other }} {% raw %} $x &"


def values_in(source: str, **values: Any) -> list[str]:
    return [piece.text for piece in JinjaMessage(source).render(values).pieces if piece.is_value]


def text_in(source: str, **values: Any) -> str:
    return "".join(piece.text for piece in JinjaMessage(source).render(values).pieces if not piece.is_value)


def test_results_are_values_and_the_rest_is_text() -> None:
    """What `{{ … }}` shows is a value, also if it is computed from constants."""
    pieces = JinjaMessage("<b>{{ title | upper }}</b> {{ '<i>' }}{# no #}{{ 5 }}").render({"title": "Faust"}).pieces
    assert pieces == (
        Piece("<b>"),
        Piece("FAUST", is_value=True),
        Piece("</b> "),
        Piece("<i>", is_value=True),
        Piece("5", is_value=True),
    )
    assert all(type(piece.text) is str for piece in pieces)


@pytest.mark.parametrize(
    ("source", "text", "values"),
    [
        ("a{% for x in many %}<{{ x }}>{% else %}none{% endfor %}b", "a<><>b", ["1", "2"]),
        ("{% for x in many %}{% for y in many %}-{{ y }}{% endfor %}{% endfor %}", "----", ["1", "2", "1", "2"]),
        ("{% for x in many %}{% if x > 1 %}<i>{{ hostile }}{% endif %}{% endfor %}", "<i>", [HOSTILE]),
        ("{% if hostile %}<b>{{ hostile }}{% endif %}", "<b>", [HOSTILE]),
        ("{% set x = hostile ~ '!' %}<b>{{ x }}", "<b>", [f"{HOSTILE}!"]),
        ("{% with x = hostile %}<b>{{ x }}{% endwith %}", "<b>", [HOSTILE]),
        ("{% raw %}{{ hostile }}{% endraw %}", "{{ hostile }}", []),
        ("{{ many | join(hostile) }}", "", [f"1{HOSTILE}2"]),
        ("{{ hostile | e }}", "", ["&lt;b&gt;{{ other }} {% raw %} $x &amp;"]),
        ("{{ nothing | default('<none>') }}{{ true }}", "", ["<none>", "true"]),
        ("plain <text>\n", "plain <text>\n", []),
    ],
)
def test_text_stays_text_in_every_construct(source: str, text: str, values: list[str]) -> None:
    """No construct makes a value a part of the text, nor text a value."""
    names = {"many": [1, 2], "hostile": HOSTILE}
    assert (text_in(source, **names), values_in(source, **names)) == (text, values)


@pytest.mark.parametrize(
    "source",
    [
        "{% set x %}<b>{{ v }}{% endset %}{{ x }}",
        "{% filter upper %}<b>{{ v }}{% endfilter %}",
        "{% autoescape true %}<b>{{ v }}{% endautoescape %}",
        "{% if v %}{% set x %}{% endset %}{% endif %}",
    ],
)
def test_constructs_that_mix_text_and_values_are_rejected(source: str) -> None:
    """Their result would be one value, in which the text is escaped, or the value is not."""
    with pytest.raises(InvalidTemplateError, match="not supported in messages"):
        JinjaMessage(source)


@pytest.mark.parametrize("source", ["{{ v", "{% include 'x' %}", "{{ v | nothing }}", "{% macro m() %}{% endmacro %}"])
def test_what_routes_reject_is_rejected(source: str) -> None:
    """The environment is that of routes."""
    with pytest.raises(InvalidTemplateError):
        JinjaMessage(source)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ pickup }}{{ v }}", "uses a value that is missing; these variables have none: pickup"),
        ("{{ null }}", "uses a value that is missing; these variables have none: null"),
        ("{{ v.a.b }}", "uses a value that is missing"),
        ("{{ many }}", "needs text, but a value is a list; name one of its elements, or use | join or | tojson"),
        ("{{ v | int + v }}", "fails with TypeError"),
        ("{{ v * 99999 * 99 }}", "produces too much text or too many elements"),
        ("{% for a in big %}" + "x" * 3_000 + "{% endfor %}", "produces too much text or too many elements"),
        ("{{ counter('new') }}", "uses the counter new, whose value is not a number"),
    ],
)
def test_a_failure_quotes_no_value(source: str, reason: str) -> None:
    """The reason says what is wrong with the template, and the budget counts the text that a loop repeats."""
    job = {"counter": [{"type": {"value": "new"}, "value": "Faust"}]}
    values = {"v": "Faust", "many": ["Faust"], "big": "x" * 1_000, "job_instance": job, "null": None}
    with pytest.raises(TemplateFailedError) as raised:
        JinjaMessage(source).render(values)
    assert str(raised.value).startswith(reason)
    assert "Faust" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_f38_a_long_value_does_not_use_up_the_budget() -> None:
    """Texts are shortened to the longest message before they are used, in objects and lists too."""
    source = "{{ a | upper }}{{ b[0].c | trim }}{{ a }}{{ a ~ '!' }}"
    shown = values_in(source, a="x" * 1_000_000, b=[{"c": "y" * 1_000_000}])
    assert [len(value) for value in shown] == [*[LONGEST_MESSAGE + 1] * 3, LONGEST_MESSAGE + 2]


def test_a_value_is_never_a_template() -> None:
    """A value with syntax is shown as it is, and it changes no other value."""
    assert values_in("{{ a }} {{ b }}", a="{{ b }}{% set b = 1 %}", b="x") == ["{{ b }}{% set b = 1 %}", "x"]
