"""Templates and conditions of routes: sandboxed, strict Jinja2 with the fields of an event.

A dot means a member: `event.items` is the member `items`, never the method of a dict. A path with a missing step is
missing, and so is one with a null, because Alma sends both. To use it is an error, because a file name that ends in
"None" would be wrong; `default` and tests such as `is defined` protect it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from jinja2 import TemplateSyntaxError, Undefined, UndefinedError

from processor.routing.counters import UnreadableCounterError, counted, counter
from processor.routing.template_budget import TooLargeError, budget
from processor.routing.template_environment import Environment
from processor.routing.template_text import NotTextError, text_of
from processor.routing.template_values import LetFailedError, TemplateFailedError

# The parts of a text that Jinja2 changes, including line ends. Most texts of a routes file have none.
_SYNTAX = re.compile(r"\{[{%#]|\r")

TemplateContext = Mapping[str, Any]
Evaluated = TypeVar("Evaluated")


class InvalidTemplateError(ValueError):
    """A template or condition is not valid Jinja2; the text says why."""


_HINTS = {
    "chunk after expression": "unexpected text after the expression; use == to compare",
    "expected token ':', got '}'": "write the expression without {{ and }}",
    "No filter named 'random'.": "the filter random does not exist: every attempt has to render the same text",
}


class Template:
    """A compiled template: text with `{{ … }}` in it. `names` are those that it uses but does not define."""

    def __init__(self, source: str) -> None:
        """Compiles. Raises InvalidTemplateError."""
        self.source = source
        self.names: frozenset[str] = frozenset()
        self._template = None
        if _SYNTAX.search(source):
            self._template = compiled(lambda: _ENVIRONMENT.from_string(source))
            self.names = _ENVIRONMENT.names_in(source)

    @property
    def is_literal(self) -> bool:
        """Whether the text has no templates, and is the same for every event."""
        return self._template is None

    def render(self, names: TemplateContext) -> str:
        """Return the text for these names. Raise TemplateFailedError."""
        template = self._template
        return _evaluated(lambda: template.render(_present(names)), self.source) if template else self.source


class Condition:
    """A compiled expression, as in `if`. `names` are those that it uses but does not define."""

    def __init__(self, source: str) -> None:
        """Compiles. Raises InvalidTemplateError."""
        self.source = source
        self._expression = compiled(lambda: _ENVIRONMENT.compile_expression(source, undefined_to_none=False))
        self.names = _ENVIRONMENT.names_in(f"{{{{ {source} }}}}")

    def holds(self, names: TemplateContext) -> bool:
        """Return whether the expression is true for these names. Raise TemplateFailedError."""
        return _evaluated(lambda: _decided(self._expression(_present(names))), self.source)


def slug(value: str) -> str:
    """Return `LOAN_DUE_DATE` as `loan-due-date`: lower case, with a hyphen for every run of other characters."""
    return re.sub("[^0-9a-z]+", "-", value.lower()).strip("-")


def has_word(value: Any, word: str) -> bool:
    """Return whether the text has `word` as a whole word (of letters, digits and underscores), ignoring case."""
    return isinstance(value, str) and bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", value, re.IGNORECASE))


def iso_date(value: Any) -> str:
    """Return the date at the start of a date or time (`2026-05-13`). Raise ValueError or TypeError without one."""
    if not isinstance(value, str):
        text_of(value)  # raises UndefinedError for a missing value
        raise TypeError
    return date.fromisoformat(value[:10]).isoformat()


def _present(names: TemplateContext) -> TemplateContext:
    return {name: value for name, value in names.items() if value is not None}


def compiled(compile_source: Callable[[], Evaluated]) -> Evaluated:
    """Return what a compilation returns. Raise InvalidTemplateError for the errors of Jinja2."""
    try:
        return compile_source()
    except TemplateSyntaxError as error:
        reason = error.message or "it is not valid Jinja2"
        raise InvalidTemplateError(_HINTS.get(reason, reason)) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InvalidTemplateError("too deeply nested or too long to compile") from None


def _evaluated(evaluate: Callable[[], Evaluated], source: str) -> Evaluated:
    try:
        with budget():
            return evaluate()
    except LetFailedError:
        raise
    except UndefinedError:
        raise TemplateFailedError(f"{source!r} uses a field that the event does not have") from None
    except Exception as error:  # noqa: BLE001 - a template can raise anything, and its text can quote the event
        raise TemplateFailedError(f"{source!r} {template_reason(error, 'the value')}") from None


def template_reason(error: Exception, value: str) -> str:
    """Return why a template fails, without the text of errors that can quote the event. `value` is what is not text."""
    match error:
        case UnreadableCounterError():
            return f"uses the counter {error}, whose value is not a number"
        case NotTextError():
            return f"needs text, but {value} is {error}"
        case TooLargeError():
            return "produces too much text or too many elements"
    return f"fails with {type(error).__name__}"


def _decided(value: Any) -> bool:
    """Return whether a condition holds. Raise NotTextError for a method or generator, which would always hold."""
    if not isinstance(value, Undefined | list | tuple | dict):
        text_of(value)
    return bool(value)


OURS: dict[str, Callable[..., Any]] = {"slug": slug, "has_word": has_word, "counted": counted, "date": iso_date}
_ENVIRONMENT = Environment(OURS, {"counter": counter})
FILTERS = frozenset(name for name in _ENVIRONMENT.filters if name.isidentifier())
