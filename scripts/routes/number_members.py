"""Find conditions that treat a member as a number, which it is in JSON bodies only: in XML every value is text."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from processor.routing.conditions import compile_condition
from processor.routing.patterns import FieldPath
from scripts.catalogue.members import ANY, NUMBER, Member


def is_number(member: Member | None) -> bool:
    """Return whether a known member is a number in JSON, and so text in XML."""
    return member is not None and NUMBER in member.types and ANY not in member.types


def is_plain_number(value: Any) -> TypeGuard[float]:
    """Return whether a constant is a number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def first_numeric(conditions: Sequence[Any]) -> tuple[int, Sequence[Any]] | None:
    """Return the position of the first `numeric` of conditions, and its operand, such as `[">", 0, "<=", 5]`."""
    found = (
        (position, condition["numeric"])
        for position, condition in enumerate(conditions)
        if isinstance(condition, Mapping) and "numeric" in condition
    )
    return next(found, None)


def numeric_reason(names: FieldPath, operand: Sequence[Any], *, is_in_list: bool) -> str:
    """Return why `numeric` matches JSON bodies only, with the condition for `if` that does the same with both.

    A member in a list, or whose name is not one for templates, has no such condition that can be pasted.
    """
    name = ".".join(names)
    reason = f"{name} is text in XML bodies, which numeric never matches"
    if is_in_list or not all(map(str.isidentifier, names)):
        return f"{reason}; compare it in if, after | int"
    pairs = list(zip(operand[::2], operand[1::2], strict=True))
    of = "float" if any(isinstance(each, float) for each in operand) else "int"
    number = f"{name} | {of}({unmet(*pairs[0])})"  # text that is not a number fails the first comparison
    tests = [f"{number} {'==' if sign == '=' else sign} {bound}" for sign, bound in pairs]
    form = " and ".join([f"{name} is defined", *tests])
    return f"{reason}; write if: {form}"


def unmet(sign: str, bound: float) -> float:
    """Return a number near the bound for which the comparison does not hold."""
    return bound + {"<=": 1, "=": 1, ">=": -1}.get(sign, 0)


def order_reason(name: str, default: float) -> str:
    """Return why a comparison by order fails for XML bodies. `default` is a number for which it does not hold."""
    return f"{name} is text in XML bodies, and comparing it with a number fails; {_advice(name, default)}"


def equality_reason(name: str, default: float) -> str:
    """Return why a comparison with numbers holds for JSON bodies only, or `!=` for all XML bodies."""
    return f"{name} is text in XML bodies, which no number is equal to; {_advice(name, default)}"


def _advice(name: str, default: float) -> str:
    number = f"{'float' if isinstance(default, float) else 'int'}({default})"
    return f'add "| {number}" before the comparison, after any default: {name} | default({default}) | {number}'


def only_numbers(conditions: Sequence[Any]) -> list[float]:
    """Return the numbers among conditions whose text in XML bodies none of them matches."""
    if {"exists": True} in conditions:
        return []
    matches = [compile_condition(each, ()) for each in conditions if each != {"exists": False}]
    numbers = filter(is_plain_number, conditions)
    return [number for number in numbers if not any(is_match(str(number)) for is_match in matches)]


def number_reason(name: str, numbers: Sequence[float]) -> str:
    """Return why numbers in a pattern match JSON bodies only, with what matches both."""
    both = ", ".join(f'{number}, "{number}"' for number in numbers)
    return f"{name} is text in XML bodies, so a number matches only JSON bodies; write {both}"
