"""Named tuples without `typing` behave like those of `typing`."""

from __future__ import annotations

import pickle
import typing
from typing import Any

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
    assert isinstance(Lite("a")._replace(name="c"), Lite)
    assert Lite("a")._asdict() == {"name": "a", "number": 3}
    assert pickle.loads(pickle.dumps(Lite("a"))) == Lite("a")  # noqa: S301 - own data


def test_a_tuple_is_immutable_and_requires_its_fields() -> None:
    """Fields can neither be added nor omitted."""
    with pytest.raises(AttributeError):
        Lite("a").name = "b"  # type: ignore[misc]  # the test is that it fails
    with pytest.raises(AttributeError):
        Lite("a").other = "b"  # type: ignore[attr-defined]  # the same
    with pytest.raises(TypeError, match="name"):
        Lite()  # type: ignore[call-arg]  # the same


@pytest.mark.parametrize("named_tuple", [Lite, Standard])
@pytest.mark.parametrize(
    ("values", "named"),
    [((), {"number": 1}), (("a", 1, 2), {}), (("a",), {"name": "b"}), (("a", 1), {"other": 1}), (("a",), {"other": 1})],
    ids=["missing", "too many", "twice", "unknown", "unknown instead of a default"],
)
def test_each_field_is_needed_once(named_tuple: Any, values: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Anything else is a TypeError, as with `typing`."""
    with pytest.raises(TypeError):
        named_tuple(*values, **named)


@pytest.mark.parametrize("named_tuple", [Lite, Standard])
def test_only_fields_are_replaced(named_tuple: Any) -> None:
    """Another name is an error: a TypeError, or a ValueError in older versions of Python."""
    with pytest.raises((TypeError, ValueError), match="other"):
        named_tuple("a")._replace(other=1)


def test_a_tuple_can_be_matched() -> None:
    """By position, as one of `typing`."""
    match Lite("a"):
        case Lite(name, number):
            assert (name, number) == ("a", 3)
