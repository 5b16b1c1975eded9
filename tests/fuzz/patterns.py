"""Generates event patterns: valid patterns, patterns that match a given event, and invalid patterns."""

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.values import JSON, mutated

_TEXTS = st.sampled_from(["x", "xy", "", "1", "ünï", "a*b"]) | st.text(max_size=4)
_NUMBERS = st.integers(-5_000_000_000, 5_000_000_000) | st.floats(-5e9, 5e9, allow_nan=False)
_WILDCARDS = st.lists(st.sampled_from(["x", "y", "\\*", "\\\\"]), max_size=3).map("*".join)
_ENDS = _TEXTS | _TEXTS.map(lambda text: {"equals-ignore-case": text})


def _operator(name: str, operand: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return operand.map(lambda drawn: {name: drawn})


_CONDITIONS = st.one_of(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    _operator("exists", st.booleans()),
    _operator("prefix", _ENDS),
    _operator("suffix", _ENDS),
    _operator("equals-ignore-case", _TEXTS),
    _operator("wildcard", _WILDCARDS),
    _operator("numeric", st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), _NUMBERS).map(list)),
    _operator("numeric", _NUMBERS.map(lambda low: [">=", low / 2 - 1, "<", abs(low) / 2 + 1])),
    _operator("anything-but", _TEXTS | _NUMBERS | st.lists(_TEXTS | _NUMBERS, min_size=1, max_size=3)),
    _operator("anything-but", _operator("wildcard", _WILDCARDS) | _operator("prefix", st.lists(_TEXTS, min_size=1))),
)
_FIELDS = st.dictionaries(
    st.sampled_from(["a", "b", "c", ""]), st.lists(_CONDITIONS, min_size=1, max_size=3), min_size=1, max_size=3
)
PATTERNS = st.recursive(
    _FIELDS,
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, min_size=1, max_size=2),
        st.tuples(_FIELDS, st.lists(inner, min_size=2, max_size=3)).map(lambda parts: {**parts[0], "$or": parts[1]}),
    ),
    max_leaves=4,
)
WHENS = st.one_of(mutated(PATTERNS), JSON)


@st.composite
def matching(draw: st.DrawFn, event: dict[str, Any]) -> dict[str, Any]:
    """Draw a pattern that matches an event; it is empty if the event has no suitable value."""
    pattern: dict[str, Any] = {}
    for name, value in event.items():
        if name == "$or" or not draw(st.booleans()):
            continue
        one = draw(_element(value))
        if isinstance(one, dict):
            if inner := draw(matching(one)):
                pattern[name] = inner
        elif not isinstance(one, list):
            pattern[name] = draw(st.permutations([draw(_met_by(one)), draw(_CONDITIONS)]))
    if draw(st.booleans()) and "absent" not in event:
        pattern["absent"] = [{"exists": False}]
    if draw(st.booleans()) and pattern:
        return {"$or": draw(st.permutations([pattern, {"absent": ["x"]}]))}
    return pattern


def values_with_conditions() -> st.SearchStrategy[tuple[Any, Any]]:
    """Return a strategy for pairs of a value and a condition that the value meets."""
    values = st.one_of(st.integers(-9, 9), st.floats(-4e9, 4e9), _TEXTS, st.none(), st.booleans())
    return values.flatmap(lambda value: st.tuples(st.just(value), _met_by(value)))


@st.composite
def _element(draw: st.DrawFn, value: Any) -> Any:
    """Draw a value, or an element of a (nested) array; an empty array has no element and is drawn itself."""
    while isinstance(value, list) and value:
        value = draw(st.sampled_from(value))
    return value


def _met_by(value: Any) -> st.SearchStrategy[Any]:
    conditions = [st.just(value), st.just({"exists": True})]
    if isinstance(value, str):
        conditions += [
            st.sampled_from(_met_by_text(value)),
            st.builds(_starred, st.just(value), st.integers(0, len(value))),
        ]
        conditions += [st.just({"anything-but": [f"{value}x", 7]})]
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 4e9:
        conditions.append(
            st.sampled_from([["=", value], [">=", value], ["<", value + 1], [">", value - 1, "<=", value]]).map(
                lambda bounds: {"numeric": bounds}
            )
        )
    return st.one_of(conditions)


def _met_by_text(text: str) -> list[Any]:
    half = len(text) // 2
    return [{"prefix": text[:half]}, {"suffix": text[half:]}, {"equals-ignore-case": text.lower()}]


def _starred(text: str, place: int) -> dict[str, str]:
    """Return the text as a wildcard with stars before and after the character at a place."""
    parts = [
        part.replace("\\", "\\\\").replace("*", "\\*")
        for part in (text[:place], text[place : place + 1], text[place + 1 :])
    ]
    return {"wildcard": "*".join(parts if parts[1] else parts[::2])}
