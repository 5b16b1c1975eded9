"""Compare two event patterns: which fields accept less than before.

A condition counts as narrowed unless it certainly accepts everything that it did.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from processor.routing.conditions import compile_condition

_PRESENT: Final = {"exists": True}
_ABSENT: Final = {"exists": False}


def narrowed_fields(before: Mapping[str, Any], after: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield each field of a pattern that accepts less than before, with its path and what it no longer accepts."""
    for field, value in after.items():
        place, old = ".".join((*path, field)), before.get(field)
        if field == "$or":
            if lost := _lost_alternatives(before, value):
                yield _lost(place, lost) if old else f"{place} is required now"
        elif old is None:
            if not (isinstance(value, list) and _PRESENT in value and _ABSENT in value):
                yield f"{place} is required now"
        elif isinstance(value, dict) and isinstance(old, dict):
            yield from narrowed_fields(old, value, (*path, field))
        elif isinstance(value, list) and isinstance(old, list):
            if lost := [each for each in old if not any(_accepts(one, each) for one in value)]:
                yield _lost(place, lost)
        else:
            yield f"{place} is an object in one version and a value in the other"


def _lost_alternatives(before: Mapping[str, Any], alternatives: list[Mapping[str, Any]]) -> list[Any]:
    """Return the previous alternatives of a pattern that none of the alternatives accepts; without any, the pattern."""
    rest = {field: value for field, value in before.items() if field != "$or"}
    return [
        one
        for one in before.get("$or", [rest])
        if all(any(narrowed_fields({**rest, **one}, each)) for each in alternatives)
    ]


def _accepts(condition: Any, old: Any) -> bool:
    """Return whether a condition certainly accepts everything that an old one accepts."""
    if type(condition) is type(old) and condition == old:
        return True
    if condition == _PRESENT:
        return bool(old != _ABSENT)
    if not isinstance(old, Mapping):
        return condition != _ABSENT and compile_condition(condition, ())(old)
    return isinstance(condition, Mapping) and any(
        _is_wider(operator, operand, old[operator]) for operator, operand in condition.items() if operator in old
    )


def _is_wider(operator: str, operand: Any, old: Any) -> bool:
    """Return whether an operator certainly accepts all that it accepted with the old operand."""
    match operator, operand, old:
        case "prefix", str(), str():
            return old.startswith(operand)
        case "suffix", str(), str():
            return old.endswith(operand)
        case "anything-but", str() | int() | float() | list(), str() | int() | float() | list():
            excluded = old if isinstance(old, list) else [old]
            return all(each in excluded for each in (operand if isinstance(operand, list) else [operand]))
    return False


def _lost(place: str, lost: list[Any]) -> str:
    shown = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in lost]
    return f"{place} no longer accepts {', '.join(shown)}"
