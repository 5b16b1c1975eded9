"""Outline a condition that an operator typed: its fields and operators, without the values."""

import re
from collections.abc import Iterator
from typing import Final

from jinja2 import Environment, TemplateSyntaxError

# The first names of an event's fields; any other name may be a value typed without quotes.
_ROOTS: Final = frozenset(
    {"action", "event", "id", "institution", "time", "profile"}
    | {"job_instance", "item_loan", "user_request", "webhook_user", "bib", "item"}
)
_WORDS: Final = frozenset(("and", "or", "not", "in", "is", "if", "else", "defined", "none", "true", "false", "default"))

# The form of Alma's member names.
_STEP: Final = re.compile(r"[a-z][a-z_]{0,62}[0-9]?")

_HIDDEN: Final = "…"


def outline(condition: str) -> str:
    """Return the condition with `…` in place of each value, and of each name that is not a field of an event."""
    try:
        return " ".join("".join(_pieces(condition)).split())
    except TemplateSyntaxError:
        return _HIDDEN


def _pieces(condition: str) -> Iterator[str]:
    is_field = is_step = False
    for _, kind, text in Environment(autoescape=True).lex("{{" + condition + "}}"):
        if kind in ("variable_begin", "variable_end"):
            continue
        if kind == "whitespace":
            yield " "
        elif kind == "operator":
            yield text
        elif kind == "name":
            is_known = bool(_STEP.fullmatch(text)) if is_step and is_field else text in _ROOTS or text in _WORDS
            is_field = is_known and text not in _WORDS
            yield text if is_known else _HIDDEN
        else:
            yield _HIDDEN
        is_step = kind == "operator" and text == "."
