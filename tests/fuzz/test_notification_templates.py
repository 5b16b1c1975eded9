"""Message templates: no value changes the text of the template, or what another value renders to."""

import string
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from notifications.dollar_template import DollarTemplate
from notifications.fitting import fit, readable_value
from notifications.jinja_message import JinjaMessage
from notifications.pieces import Piece
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import InvalidTemplateError, Template
from tests.fuzz.templates import TEMPLATES
from tests.fuzz.values import ANY_CHARACTER, CANARY

NAMES = ("a", "b", "_c1")
PARTS = ("$a", "$b", "${a}", "${_c1}", "$$", "$unknown", "${A}", " ", "\n", "<b>", "é", "{}")
SOURCES = st.lists(st.sampled_from(PARTS)).map(" ".join)
TEXTS = st.one_of(st.text(ANY_CHARACTER), st.text("$<>&{}[]%ab\u202e\u2067\x00\r\n👩🏽‍🏫🇩\u0301"))
VALUES = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, TEXTS))


@given(SOURCES, VALUES)
def test_dollars_are_those_of_the_standard_library(source: str, values: dict[str, str]) -> None:
    """Placeholders are those of `string.Template`, and variables without a value stay as they are written."""
    pieces = DollarTemplate(source).render(values).pieces
    assert "".join(piece.text for piece in pieces) == string.Template(source).safe_substitute(values)


@given(SOURCES, VALUES, st.sampled_from(NAMES), TEXTS)
def test_no_value_changes_what_another_renders_to(source: str, values: dict[str, str], name: str, other: str) -> None:
    """Only the pieces of the changed variable change, with any new value."""
    template = DollarTemplate(source)
    before = template.render({**values, name: "before"}).pieces
    after = template.render({**values, name: other}).pieces
    changed = {(old, new) for old, new in zip(before, after, strict=True) if old != new}
    assert changed <= {(Piece("before", is_value=True), Piece(other, is_value=True))}


@given(TEMPLATES)
def test_a_message_in_jinja_has_the_text_of_a_template_of_routes(source: str) -> None:
    """Both fail, or the pieces together are what a route renders; no failure quotes a value."""
    values = {"action": "JOB_END", "event": {"value": f"{CANARY} a", "desc": None}, "marker": 7}
    try:
        message = JinjaMessage(source)
    except InvalidTemplateError:
        return
    try:
        pieces = message.render(values).pieces
    except TemplateFailedError as error:
        assert CANARY not in str(error)
        return
    assert "".join(piece.text for piece in pieces) == Template(source).render(values)
    assert all(CANARY not in piece.text for piece in pieces if not piece.is_value)


@given(TEXTS, TEXTS, st.integers(40, 200))
def test_f38_the_formatting_is_unchanged_by_any_values(first: str, second: str, limit: int) -> None:
    """The tags of the text are the only tags, in their order, however the values are cut to fit."""
    pieces = DollarTemplate("<b>$a</b> (<i>$b</i>)").render({"a": first, "b": second}).pieces
    text = fit(pieces, lambda value: value.replace("&", "&amp;").replace("<", "&lt;"), lambda text: len(text) <= limit)
    assert text is not None
    assert len(text) <= limit
    assert text.startswith("<b>")
    assert text.endswith("</i>)")
    assert [text.count(tag) for tag in ("<", "<b>", "</b> (<i>", "</i>)")] == [4, 1, 1, 1]
    assert all(entity.startswith(("amp;", "lt;")) for entity in text.split("&")[1:])


@given(TEXTS)
def test_a_readable_value_is_stable(value: str) -> None:
    """Nothing is removed twice, UTF-8 can encode it, and what is left is not a control character."""
    readable = readable_value(value)
    assert readable_value(readable) == readable
    assert readable.encode().decode() == readable
    assert all(unicodedata.category(character) != "Cc" or character in "\n\t" for character in readable)
