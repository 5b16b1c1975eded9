"""`NamedTuple` as `typing` has it, without importing `typing`. For type checkers it is that one; checks no type itself.

A cold start would pay for `typing` a fifth of what Python itself takes (1.9 ms of 10). A module that uses this needs
`from __future__ import annotations`: the names in its annotations are not there when it runs.
"""

from collections import namedtuple

TYPE_CHECKING = False  # type checkers take it for true by its name

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _Fields(type):
        """Makes a tuple of a class that declares fields, as `typing.NamedTuple` does."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body["__annotations__"])
            defaults = [body.pop(field) for field in fields if field in body]
            fields_only = namedtuple(name, fields, defaults=defaults)
            return type(name, (fields_only,), {**body, "__slots__": ()})

    class NamedTuple(metaclass=_Fields):
        """The base of classes that declare fields."""
