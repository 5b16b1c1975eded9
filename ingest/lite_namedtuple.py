"""A `NamedTuple` like that of `typing`, without importing `typing`. Type checkers see that of `typing`.

Importing `typing` would add 1.9 ms to a cold start, a fifth of the start of Python itself. `collections.namedtuple`
would add 0.15 ms for each class, because it compiles code. A module that uses this needs
`from __future__ import annotations`, because the names in its annotations do not exist at run time.
"""

from operator import itemgetter

TYPE_CHECKING = False  # type checkers treat this name as true

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _Fields(type):
        """Turns the annotations of a class into fields, and their values into defaults."""

        def __new__(cls, name, bases, body):
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            getters = {field: property(itemgetter(index)) for index, field in enumerate(fields)}
            own = {"__slots__": (), "__match_args__": fields, "_fields": fields, "_field_defaults": defaults}
            return super().__new__(cls, name, bases, {**body, **getters, **own})

    class NamedTuple(tuple, metaclass=_Fields):
        """The base of classes that declare fields."""

        def __new__(cls, *values, **named):
            """Make a tuple of the values of all fields, given by position or name. Raise TypeError."""
            if named or len(values) != len(cls._fields):
                values = _ordered(cls, values, named)
            return tuple.__new__(cls, values)

        def __repr__(self):
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"

        def __getnewargs__(self):
            return tuple(self)

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **changes):
            values = tuple(map(changes.pop, self._fields, self))
            if changes:
                raise TypeError(f"{type(self).__name__} does not have {', '.join(changes)}.")
            return tuple.__new__(type(self), values)

    def _ordered(cls, values, named):
        """Return the values of all fields, in their order. Raise TypeError."""
        rest = cls._fields[len(values) :]
        known = cls._field_defaults | named
        if len(values) > len(cls._fields) or not named.keys() <= set(rest) <= known.keys():
            raise TypeError(f"{cls.__name__} needs each of {', '.join(cls._fields)} once.")
        return values + tuple(map(known.__getitem__, rest))
