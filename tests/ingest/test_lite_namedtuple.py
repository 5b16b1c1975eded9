"""Named tuples without `typing` behave like those of `typing`."""

from __future__ import annotations

import pickle
import typing

import pytest

from ingest.lite_namedtuple import NamedTuple


class Lite(NamedTuple):
    """Two fields."""

    name: str
    number: int = 3

    @property
    def twice(self) -> int:
        return self.number * 2


class Standard(typing.NamedTuple):
    """Two fields."""

    name: str
    number: int = 3


def test_a_tuple_has_fields_defaults_and_methods() -> None:
    """A tuple has the same fields, defaults and methods as one of `typing`."""
    assert tuple(Lite("a")) == tuple(Standard("a")) == ("a", 3)
    assert (Lite("a", 4).twice, Lite(number=1, name="b").name) == (8, "b")
    assert Lite._fields == Standard._fields
    assert Lite._field_defaults == Standard._field_defaults
    assert repr(Lite("a")) == "Lite(name='a', number=3)"
    assert (Lite.__doc__, Lite.__module__, Lite.__qualname__) == ("Two fields.", __name__, "Lite")
    assert Lite("a")._replace(name="c") == ("c", 3)
    assert pickle.loads(pickle.dumps(Lite("a"))) == Lite("a")  # noqa: S301 - own data


def test_a_tuple_is_immutable_and_requires_its_fields() -> None:
    """Fields can neither be added nor omitted."""
    with pytest.raises(AttributeError):
        Lite("a").name = "b"  # type: ignore[misc]  # the test is that it fails
    with pytest.raises(AttributeError):
        Lite("a").other = "b"  # type: ignore[attr-defined]  # the same
    with pytest.raises(TypeError, match="name"):
        Lite()  # type: ignore[call-arg]  # the same
