"""Event patterns as Amazon EventBridge documents them, for routes' `when`. Matches parsed bodies; renders no templates.

"Amazon EventBridge event patterns" and "Comparison operators for use in event patterns", Amazon EventBridge User Guide.
Operators so far: exact, prefix, equals-ignore-case, anything-but; any other is refused when the pattern is compiled.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
Test = Callable[[Any], bool]


class PatternError(ValueError):
    """A pattern is not valid. `path` leads to the wrong part of it; the text says what is wrong with it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


@dataclass(frozen=True)
class Mismatch:
    """The first condition that an event does not meet: the field's path and what the pattern wants there."""

    path: str
    wanted: Any

    def __str__(self) -> str:
        return f"{self.path} does not match {json.dumps(self.wanted, ensure_ascii=False)}"


class Pattern:
    """A compiled pattern. All fields must match (and); of a field's list of conditions, one must (or)."""

    def __init__(self, pattern: Mapping[str, Any]) -> None:
        """Compiles `pattern`, as YAML or JSON gives it. Raises PatternError."""
        self._fields = _compile_object(pattern, ())

    def mismatch(self, fields: Any) -> Mismatch | None:
        """None when the event matches, else why not."""
        return _object_mismatch(self._fields, fields, "")


@dataclass(frozen=True)
class _AnyOf:
    """One field's list of conditions."""

    wanted: list[Any]
    tests: list[Test]

    def matches(self, value: Any) -> bool:
        values = value if isinstance(value, list) else [value]
        return any(test(one) for one in values for test in self.tests)


_Compiled = dict[str, "_Compiled | _AnyOf"]


def _object_mismatch(compiled: _Compiled, fields: Any, path: str) -> Mismatch | None:
    for name, condition in compiled.items():
        here = f"{path}.{name}" if path else name
        present = isinstance(fields, dict) and name in fields
        value = fields[name] if present else None
        if isinstance(condition, _AnyOf):
            if not (present and condition.matches(value)):
                return Mismatch(here, condition.wanted)
        elif mismatch := _member_mismatch(condition, value, here):
            return mismatch
    return None


def _member_mismatch(compiled: _Compiled, value: Any, path: str) -> Mismatch | None:
    # In an array of objects one and the same element must meet all conditions ("Array matching" in the User Guide).
    mismatches = [_object_mismatch(compiled, one, path) for one in (value if isinstance(value, list) else [value])]
    return None if None in mismatches else next(iter(mismatches), Mismatch(path, "an object"))


def _compile_object(pattern: Any, path: Path) -> _Compiled:
    if not isinstance(pattern, Mapping) or not pattern:
        raise PatternError(path, "a pattern is an object with at least one field")
    return {str(name): _compile_field(value, (*path, name)) for name, value in pattern.items()}


def _compile_field(value: Any, path: Path) -> "_Compiled | _AnyOf":
    if isinstance(value, Mapping):
        return _compile_object(value, path)
    if not isinstance(value, list):
        raise PatternError(path, "a field's conditions stand in a list, as in [VALUE]")
    if not value:
        raise PatternError(path, "an empty list matches nothing")
    return _AnyOf(value, [_compile_condition(one, (*path, index)) for index, one in enumerate(value)])


def _compile_condition(condition: Any, path: Path) -> Test:
    if not isinstance(condition, Mapping):
        return _exact(condition, path)
    if len(condition) != 1:
        raise PatternError(path, "a condition is a value or an object with one operator")
    [(operator, operand)] = condition.items()
    if operator not in _OPERATORS:
        raise PatternError(path, f"{operator!r} is no operator; known are {', '.join(sorted(_OPERATORS))}")
    return _OPERATORS[operator](operand, (*path, operator))


def _exact(wanted: Any, path: Path) -> Test:
    if wanted is None or isinstance(wanted, bool):
        return lambda value: value is wanted
    if isinstance(wanted, int | float):
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == wanted
    return _equals(_text(wanted, path))


def _equals(wanted: str) -> Test:
    return lambda value: isinstance(value, str) and value == wanted


def _equals_ignore_case(wanted: Any, path: Path) -> Test:
    lower = _text(wanted, path).lower()
    return lambda value: isinstance(value, str) and value.lower() == lower


def _prefix(wanted: Any, path: Path) -> Test:
    if isinstance(wanted, Mapping):
        if list(wanted) != ["equals-ignore-case"]:
            raise PatternError(path, "prefix takes text or {equals-ignore-case: TEXT}")
        lower = _text(wanted["equals-ignore-case"], (*path, "equals-ignore-case")).lower()
        return lambda value: isinstance(value, str) and value.lower().startswith(lower)
    text = _text(wanted, path)
    return lambda value: isinstance(value, str) and value.startswith(text)


def _anything_but(unwanted: Any, path: Path) -> Test:
    if isinstance(unwanted, Mapping):
        raise PatternError(path, "anything-but takes a value or a list of values")
    values = unwanted if isinstance(unwanted, list) else [unwanted]
    if not values:
        raise PatternError(path, "an empty list excludes nothing")
    tests = [_exact(value, path) for value in values]
    return lambda value: not any(test(value) for test in tests)


def _text(value: Any, path: Path) -> str:
    if not isinstance(value, str):
        raise PatternError(path, "text is wanted here; put it in quotes")
    return value


_OPERATORS: dict[Any, Callable[[Any, Path], Test]] = {
    "anything-but": _anything_but,
    "equals-ignore-case": _equals_ignore_case,
    "prefix": _prefix,
}
