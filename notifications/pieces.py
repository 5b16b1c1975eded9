"""The pieces of a rendered message: the text of its template and the values in it, which are escaped and cut."""

from typing import NamedTuple


class Piece(NamedTuple):
    """A text of the template, which stays as it is, or a value, which does not."""

    text: str
    is_value: bool = False


class RenderedMessage(NamedTuple):
    """The pieces in their order, and the names of variables that are still in the text, because they have no value."""

    pieces: tuple[Piece, ...]
    unknown: frozenset[str] = frozenset()
