"""A `NamedTuple` like that of `typing`, without importing `typing`. Type checkers see that of `typing`.

Importing `typing` would add 1.9 ms to a cold start, a fifth of the start of Python itself. A module that uses this
needs `from __future__ import annotations`, because the names in its annotations do not exist at run time.
"""

from collections import namedtuple

TYPE_CHECKING = False  # type checkers treat this name as true

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _Fields(type):
        """Turns a class that declares fields into a tuple class, as `typing.NamedTuple` does."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body["__annotations__"])
            defaults = [body.pop(field) for field in fields if field in body]
            fields_only = namedtuple(name, fields, defaults=defaults)
            return type(name, (fields_only,), {**body, "__slots__": ()})

    class NamedTuple(metaclass=_Fields):
        """The base of classes that declare fields."""
