"""Message templates with `$variable` and `${variable}`: the placeholders of Python's `string.Template`, in one pass.

A value is never read as a template. Numbers, booleans, null, objects and lists are shown as JSON.
"""

import json
import string
from collections.abc import Iterator, Mapping
from re import Match
from typing import Any

from notifications.pieces import Piece, RenderedMessage
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import InvalidTemplateError

_LONGEST_SHOWN = 20


class DollarTemplate:
    """A compiled template. Variables without a value stay as they are written."""

    def __init__(self, source: str) -> None:
        """Compiles. Raises InvalidTemplateError with line and column, both counted from 1."""
        self._parts = tuple(_parts(source))  # each with the name of its variable, or empty
        self.names = frozenset(name for _, name in self._parts if name)

    def render(self, values: Mapping[str, Any]) -> RenderedMessage:
        """Return the pieces for these values. Raise TemplateFailedError, whose text quotes no value."""
        texts = {name: _text_of(name, values[name]) for name in self.names & values.keys()}
        pieces = (Piece(texts[name], is_value=True) if name in texts else Piece(text) for text, name in self._parts)
        return RenderedMessage(tuple(pieces), self.names - texts.keys())


def _parts(source: str) -> Iterator[tuple[str, str]]:
    end = 0
    for found in string.Template.pattern.finditer(source):
        _check(source, found)
        yield source[end : found.start()], ""
        name = found["named"] or found["braced"] or ""
        yield found[0] if name else "$", name
        end = found.end()
    yield source[end:], ""


def _check(source: str, found: Match[str]) -> None:
    """Raise InvalidTemplateError for a dollar that does not begin a placeholder, or begins another than it seems to.

    Names are ASCII only: `$nameé` would be `$name` and a text.
    """
    start, following = found.start(), source[found.end() : found.end() + 1]
    if found["invalid"] is not None:
        shown = source[start:].splitlines()[0][:_LONGEST_SHOWN]
        reason = f"{shown!r} is not a placeholder; write $$ for a dollar"
    elif found["named"] and f"{found['named']}{following}".isidentifier() and not following.isascii():
        reason = f"{found[0] + following!r} is unclear, because names are ASCII; write ${{{found['named']}}}"
    else:
        return
    before = source[:start].split("\n")
    raise InvalidTemplateError(f"line {len(before)}, column {len(before[-1]) + 1}: {reason}")


def _text_of(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        raise TemplateFailedError(f"has a value for ${name} that is not JSON") from None
