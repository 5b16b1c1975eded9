"""Compiles the conditions of event patterns: one operator for one value.

"Comparison operators for use in event patterns", Amazon EventBridge User Guide. The limits on that page are checked
when a condition is compiled.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

PatternPath = tuple[str | int, ...]
ValueTest = Callable[[Any], bool]

_MAX_NUMBER = 5.0e9
_BOUNDS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
}


class PatternError(ValueError):
    """A pattern is not valid. `path` is the path of the wrong part; the text says what is wrong."""

    def __init__(self, path: PatternPath, reason: str) -> None:
        super().__init__(reason)
        self.path = path


def compile_condition(condition: Any, path: PatternPath) -> ValueTest:
    """Return the test for one condition: an exact value, or an object with one operator. Raise PatternError.

    `exists` does not test a value, so `processor.routing.patterns` handles it.
    """
    if not isinstance(condition, Mapping):
        return _exact(condition, path)
    if len(condition) != 1:
        raise PatternError(path, "expected a value or an object with one operator")
    [(operator, operand)] = condition.items()
    if operator not in _OPERATORS:
        known = ", ".join(sorted([*_OPERATORS, "exists"]))
        raise PatternError(path, f"unknown operator {operator!r}; use one of {known}")
    return _OPERATORS[operator](operand, (*path, operator))


def _exact(wanted: Any, path: PatternPath) -> ValueTest:
    # The type must be equal too: 300 is not 300.0, and true is not 1.
    if not (wanted is None or isinstance(wanted, bool | int | float)):
        _text(wanted, path)
    return lambda value: type(value) is type(wanted) and value == wanted


def _equals_ignore_case(wanted: Any, path: PatternPath) -> ValueTest:
    lower = _text(wanted, path).lower()
    return lambda value: isinstance(value, str) and value.lower() == lower


def _at_an_end(is_there: Callable[[str, str], bool], wanted: Any, path: PatternPath) -> ValueTest:
    if isinstance(wanted, Mapping):
        if list(wanted) != ["equals-ignore-case"]:
            raise PatternError(path, f"{path[-1]} takes text or {{equals-ignore-case: TEXT}}")
        lower = _text(wanted["equals-ignore-case"], (*path, "equals-ignore-case")).lower()
        return lambda value: isinstance(value, str) and is_there(value.lower(), lower)
    text = _text(wanted, path)
    return lambda value: isinstance(value, str) and is_there(value, text)


def _wildcard(wanted: Any, path: PatternPath) -> ValueTest:
    first, *others = _between_stars(_text(wanted, path), path)
    if not others:
        return lambda value: isinstance(value, str) and value == first
    *middle, last = others

    def matches(value: Any) -> bool:
        # Each part is searched from the end of the one before. This is linear; a regular expression could backtrack.
        if not (isinstance(value, str) and value.startswith(first)):
            return False
        position = len(first)
        for part in middle:
            found = value.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        return len(value) - position >= len(last) and value.endswith(last)

    return matches


def _between_stars(text: str, path: PatternPath) -> list[str]:
    parts = [""]
    characters = iter(text)
    for character in characters:
        if character == "*":
            if len(parts) > 1 and not parts[-1]:
                raise PatternError(path, "two consecutive stars; use one")
            parts.append("")
            continue
        if character == "\\":
            character = next(characters, "")
            if character not in ("*", "\\"):
                raise PatternError(path, "a backslash can only escape a star or a backslash")
        parts[-1] += character
    return parts


def _numeric(wanted: Any, path: PatternPath) -> ValueTest:
    match wanted:
        case ["=", number]:
            exact = _number(number, path)
            return lambda value: _is_number(value) and value == exact
        case [first, number]:
            return _bounded([(first, number)], path)
        case [">" | ">=" as first, low, "<" | "<=" as second, high] if _number(low, path) < _number(high, path):
            return _bounded([(first, low), (second, high)], path)
    raise PatternError(path, 'numeric takes ["=", N], one bound as [">", N], or a range as [">", N, "<=", M]')


def _bounded(bounds: list[tuple[Any, Any]], path: PatternPath) -> ValueTest:
    if any(not isinstance(operator, str) or operator not in _BOUNDS for operator, _ in bounds):
        raise PatternError(path, "numeric compares by =, <, <=, > and >=")
    tests = [(_BOUNDS[operator], _number(number, path)) for operator, number in bounds]
    return lambda value: _is_number(value) and all(holds(value, bound) for holds, bound in tests)


def _anything_but(unwanted: Any, path: PatternPath) -> ValueTest:
    if isinstance(unwanted, Mapping):
        tests = _any_of_operator(unwanted, path)
    else:
        values = unwanted if isinstance(unwanted, list) else [unwanted]
        if not all(isinstance(value, str) or _is_number(value) for value in values):
            raise PatternError(path, "anything-but takes text, numbers or a text operator")
        tests = [_exact(value, path) for value in values]
    if not tests:
        raise PatternError(path, "the list is empty, so it excludes nothing")
    return lambda value: not any(test(value) for test in tests)


def _any_of_operator(unwanted: Mapping[Any, Any], path: PatternPath) -> list[ValueTest]:
    if len(unwanted) != 1 or next(iter(unwanted)) not in _TEXT_OPERATORS:
        raise PatternError(path, f"anything-but takes one of {', '.join(sorted(_TEXT_OPERATORS))}")
    [(operator, operand)] = unwanted.items()
    operands = operand if isinstance(operand, list) else [operand]
    return [_TEXT_OPERATORS[operator](one, (*path, operator)) for one in operands]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any, path: PatternPath) -> float:
    if not _is_number(value) or abs(value) > _MAX_NUMBER:
        raise PatternError(path, "expected a number between -5.0e9 and 5.0e9")
    return float(value)


def _text(value: Any, path: PatternPath) -> str:
    if not isinstance(value, str):
        raise PatternError(path, "expected text; put it in quotes")
    return value


_TEXT_OPERATORS: dict[Any, Callable[[Any, PatternPath], ValueTest]] = {
    "equals-ignore-case": _equals_ignore_case,
    "prefix": partial(_at_an_end, str.startswith),
    "suffix": partial(_at_an_end, str.endswith),
    "wildcard": _wildcard,
}
_OPERATORS: dict[Any, Callable[[Any, PatternPath], ValueTest]] = {
    **_TEXT_OPERATORS,
    "anything-but": _anything_but,
    "numeric": _numeric,
}
