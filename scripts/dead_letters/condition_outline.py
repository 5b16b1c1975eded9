"""The outline of a condition that an operator typed: fields and operators, and no value. Evaluates nothing."""

import re
from collections.abc import Iterator
from typing import Final

from jinja2 import Environment, TemplateSyntaxError

# What an event's fields begin with; another name may be a value that was typed without quotes.
_ROOTS: Final = frozenset(
    {"action", "event", "id", "institution", "time", "profile"}
    | {"job_instance", "item_loan", "user_request", "webhook_user", "bib", "item"}
)
_WORDS: Final = frozenset(("and", "or", "not", "in", "is", "if", "else", "defined", "none", "true", "false", "default"))

# As Alma writes the names of members.
_STEP: Final = re.compile(r"[a-z][a-z_]{0,62}[0-9]?")

_HIDDEN: Final = "…"


def outline(condition: str) -> str:
    """Return the condition with `…` for each value, and for each name that no field of an event has."""
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
