"""Generates arbitrary JSON values, and samples with a few changes."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

# Represents patron data in bodies; tests check that it is not quoted.
CANARY = "canary4711"

ANY_CHARACTER = st.characters(exclude_categories=())  # including half surrogate pairs
TEXTS = st.one_of(
    st.text(ANY_CHARACTER, max_size=12),
    st.sampled_from([CANARY, f"{CANARY}\ud800"]),
    st.sampled_from(["", " ", "\0", "\ud800", "{{ x }}", "\uff19", "İ", "2026-05-13", "1e999", "x" * 3000]),
    st.text(ANY_CHARACTER, max_size=3).map(lambda end: f"{CANARY}{end}"),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), TEXTS
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=10,
)

Place = tuple[Any, Any]  # an object or a list, and the name or number of its member


@st.composite
def mutated(draw: st.DrawFn, samples: st.SearchStrategy[Any], most: int = 5) -> Any:
    """Draw a sample with up to `most` members replaced, removed, renamed, wrapped or repeated."""
    sample = {"": copy.deepcopy(draw(samples))}
    for _ in range(draw(st.integers(0, most))):
        container, name = draw(st.sampled_from(list(_places(sample))))
        draw(st.sampled_from(_CHANGES))(draw, container, name)
    return sample.get("")


def _places(value: Any) -> Iterator[Place]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield value, name
        yield from _places(member)


def _replace(draw: st.DrawFn, container: Any, name: Any) -> None:
    container[name] = draw(JSON)


def _mark(draw: st.DrawFn, container: Any, name: Any) -> None:
    container[name] = f"{container[name] if isinstance(container[name], str) else ''}{draw(TEXTS)}"


def _take_out(_: st.DrawFn, container: Any, name: Any) -> None:
    container[name] = None
    if isinstance(container, dict) and name:
        del container[name]


def _rename(draw: st.DrawFn, container: Any, name: Any) -> None:
    if isinstance(container, dict) and name:
        container[draw(TEXTS)] = container.pop(name)


def _wrap(draw: st.DrawFn, container: Any, name: Any) -> None:
    for _ in range(draw(st.sampled_from([1, 2, 150, 250]))):
        container[name] = draw(st.sampled_from([[container[name]], {"value": container[name]}]))


def _repeat(draw: st.DrawFn, container: Any, name: Any) -> None:
    container[name] = [copy.copy(container[name]) for _ in range(draw(st.integers(0, 4)))]


_CHANGES: list[Callable[[st.DrawFn, Any, Any], None]] = [_replace, _replace, _mark, _take_out, _rename, _wrap, _repeat]
