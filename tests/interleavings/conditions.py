"""The conditions and updates of DynamoDB that the product uses: AND, OR, brackets, comparisons and two functions.

"Condition and filter expressions", Amazon DynamoDB Developer Guide.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Item = dict[str, dict[str, str]]
Names = Mapping[str, str]
Test = Callable[[Item, Names, Item], bool]

_TOKEN = re.compile(r"\s*(AND|OR|attribute_not_exists|attribute_exists|<=|<|=|[()]|[#:]?\w+)")


@cache
def condition(text: str) -> Test:
    """Return the condition, to be called with an item, names and values. Raise ValueError for any other syntax."""
    tokens: list[str] = []
    position = 0
    while position < len(text.rstrip()):
        found = _TOKEN.match(text, position)
        if not found:
            raise ValueError(text)
        tokens.append(found[1])
        position = found.end()
    test = _any(tokens)
    if tokens:
        raise ValueError(text)
    return test


@cache
def assignments(text: str) -> list[tuple[str, str]]:
    """Return the pairs of names and values of an update with SET. Raise ValueError for any other."""
    if not text.startswith("SET "):
        raise ValueError(text)
    pairs = [each.split("=") for each in text[4:].split(",")]
    return [(name.strip(), value.strip()) for name, value in pairs]


def _any(tokens: list[str]) -> Test:
    tests = [_all(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        tests.append(_all(tokens))
    return lambda item, names, values: any(test(item, names, values) for test in tests)


def _all(tokens: list[str]) -> Test:
    tests = [_one(tokens)]
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        tests.append(_one(tokens))
    return lambda item, names, values: all(test(item, names, values) for test in tests)


def _one(tokens: list[str]) -> Test:
    first = tokens.pop(0)
    if first == "(":
        test = _any(tokens)
        _take(tokens, ")")
        return test
    if first.startswith("attribute_"):
        _take(tokens, "(")
        name = tokens.pop(0)
        _take(tokens, ")")
        is_wanted = first == "attribute_exists"
        return lambda item, names, _: (names.get(name, name) in item) is is_wanted
    return _compared(first, tokens.pop(0), tokens.pop(0))


def _compared(name: str, sign: str, value: str) -> Test:
    compare = _COMPARISONS[sign]

    def test(item: Item, names: Names, values: Item) -> bool:
        [(kind, wanted)] = values[value].items()
        found = item.get(names.get(name, name), {}).get(kind)
        if found is None:
            return False
        return compare(int(found), int(wanted)) if kind == "N" else compare(found, wanted)

    return test


def _take(tokens: list[str], expected: str) -> None:
    if tokens.pop(0) != expected:
        raise ValueError(expected)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda found, wanted: found == wanted,
    "<": lambda found, wanted: found < wanted,
    "<=": lambda found, wanted: found <= wanted,
}
