"""Values whose use in a template is an error: missing members, and names of `let` that fail."""

from typing import Any, NoReturn

from jinja2 import StrictUndefined, Undefined


class TemplateFailedError(Exception):
    """A template or condition fails for an event; the text quotes none of the event's values."""


class LetFailedError(TemplateFailedError):
    """The template of a `let` name fails, which `name` is."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


class Missing(StrictUndefined):
    """A member that is missing or null. Its own members are missing too; every other use is an error."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        """Return the member of a missing object. Raise AttributeError for what Python itself looks up."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _: Any) -> Any:
        """Return the element of a missing list."""
        return self


class FailedLet:
    """A name of `let` whose template failed. Every use raises the error."""

    __slots__ = ("_error",)

    def __init__(self, error: LetFailedError) -> None:
        self._error = error

    def _fail(self, *_: Any, **__: Any) -> NoReturn:
        raise self._error

    __getattr__ = __getitem__ = __call__ = __iter__ = __len__ = __contains__ = _fail
    __str__ = __repr__ = __bool__ = __hash__ = __int__ = __float__ = __neg__ = __pos__ = _fail
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _fail
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _fail
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = _fail


def used(value: Any) -> Any:
    """Return the value. Raise LetFailedError for a name of `let` that failed."""
    return str(value) if isinstance(value, FailedLet) else value


def is_missing(value: Any) -> bool:
    """Return whether a value is missing or null. Raise LetFailedError."""
    return used(value) is None or isinstance(value, Undefined)
