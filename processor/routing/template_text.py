"""Converts the values of a template to text as JSON would, and formats them. Other values raise an error."""

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Undefined
from jinja2.sandbox import SandboxedFormatter

from processor.alma.xml_members import TextOrCode
from processor.routing.template_budget import spend
from processor.routing.template_values import FailedLet, Missing

_NOT_THERE = (Undefined, FailedLet)
_CONVERSION = re.compile(r"%(?:\([^)]*\))?[#0\- +]*(\*|\d+)?(?:\.(\*|\d+))?")
_NUMBER = re.compile(r"\d+")


class NotTextError(TypeError):
    """A value other than text, a number, true or false is used as text; the message says what it is."""


class _JsonBool(int):
    """True or false, with the text that JSON has for it."""

    def __str__(self) -> str:
        return "true" if self else "false"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


class _NotText:
    """A member that must not be formatted."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __str__(self) -> str:
        raise _not_text(self._value)

    __repr__ = __str__


class _Members(dict[Any, Any]):
    """The members of an object, by name. Raise NotTextError if the object itself is formatted."""

    def __str__(self) -> str:
        raise _not_text(self)

    __repr__ = __str__


class Formatter(SandboxedFormatter):
    """`str.format` for scalar values, within the budget."""

    def convert_field(self, value: Any, conversion: Any) -> Any:
        """Convert by `!r` and `!s`. Raises NotTextError."""
        return super().convert_field(_scalar(value) if conversion else value, conversion)

    def format_field(self, value: Any, format_spec: str) -> str:
        """Format one value. Raises NotTextError, TooLargeError."""
        scalar = _scalar(value)
        spend(len(str(scalar)) + sum(map(int, _NUMBER.findall(format_spec))))
        return str(super().format_field(scalar, format_spec))


def text_of(value: Any) -> str:
    """Return the text of a value; numbers and booleans as in JSON. Raise NotTextError; UndefinedError if missing."""
    return str(_scalar(value))


def concatenated(parts: list[Any]) -> str:
    """Return the joined texts of the parts (the operator `~`)."""
    texts = [text_of(part) for part in parts]
    spend(sum(map(len, texts)))
    return "".join(texts)


def percent(text: str, values: Any) -> str:
    """Return `text % values`, within the budget. Raise NotTextError, TooLargeError."""
    if isinstance(values, Mapping):
        shown: Any = _Members({name: _shown(value) for name, value in values.items()})
        arguments = list(shown.values())
    else:
        shown = tuple(_scalar(value) for value in (values if isinstance(values, tuple) else (values,)))
        arguments = list(shown)
    longest = max((len(str(one)) for one in arguments if not isinstance(one, _NotText)), default=0)
    largest = max((abs(one) for one in arguments if isinstance(one, int)), default=0)
    for sizes in _CONVERSION.findall(text):
        spend(longest + sum(largest if size == "*" else int(size) for size in sizes if size))
    spend(len(text))
    return str(text % shown)


def _shown(value: Any) -> Any:
    try:
        return _scalar(value)
    except NotTextError:
        return _NotText(value)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, _NOT_THERE):
        str(Missing(name="null") if value is None else value)  # raises UndefinedError or LetFailedError
    if isinstance(value, bool):
        return _JsonBool(value)
    if type(value) in (str, int, float, _JsonBool):
        return value
    if isinstance(value, TextOrCode):
        return value.value
    raise _not_text(value)


def _not_text(value: Any) -> NotTextError:
    if isinstance(value, Mapping):
        return NotTextError("an object; name one of its members, or write it as JSON with | tojson")
    if isinstance(value, list | tuple):
        return NotTextError("a list; name one of its elements, or use | join or | tojson")
    if callable(value):
        return NotTextError("a method; call it with ()")
    return NotTextError("a sequence without text; use | join, or | list and then | tojson")
