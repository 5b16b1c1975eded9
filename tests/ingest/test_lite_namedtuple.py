"""Named tuples without `typing`: they behave as those of `typing` do."""

from __future__ import annotations

import pickle
import typing

import pytest

from ingest.lite_namedtuple import NamedTuple


class Ours(NamedTuple):
    """Two fields."""

    name: str
    number: int = 3

    @property
    def twice(self) -> int:
        return self.number * 2


class Theirs(typing.NamedTuple):
    """Two fields."""

    name: str
    number: int = 3


def test_a_tuple_has_fields_defaults_and_methods() -> None:
    """As one of `typing` has them."""
    assert tuple(Ours("a")) == tuple(Theirs("a")) == ("a", 3)
    assert (Ours("a", 4).twice, Ours(number=1, name="b").name) == (8, "b")
    assert Ours._fields == Theirs._fields
    assert Ours._field_defaults == Theirs._field_defaults
    assert repr(Ours("a")) == "Ours(name='a', number=3)"
    assert (Ours.__doc__, Ours.__module__, Ours.__qualname__) == ("Two fields.", __name__, "Ours")
    assert Ours("a")._replace(name="c") == ("c", 3)
    assert pickle.loads(pickle.dumps(Ours("a"))) == Ours("a")  # noqa: S301 - our own


def test_a_tuple_is_frozen_and_asks_for_its_fields() -> None:
    """Nothing can be put into it, and nothing be forgotten."""
    with pytest.raises(AttributeError):
        Ours("a").name = "b"  # type: ignore[misc]  # that it cannot be is the test
    with pytest.raises(AttributeError):
        Ours("a").other = "b"  # type: ignore[attr-defined]  # the same
    with pytest.raises(TypeError, match="name"):
        Ours()  # type: ignore[call-arg]  # the same
