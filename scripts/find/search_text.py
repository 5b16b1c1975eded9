"""Clean a text that somebody pasted into a search, and compare it with values. Pure: calls no AWS.

Pasted IDs carry invisible characters, no-break spaces and typographic dashes, with which a search finds nothing.
"""

import unicodedata
from typing import Final, NamedTuple, Self

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural

_LONGEST: Final = 256
_DASHES: Final = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_NO_BREAK_SPACES: Final = frozenset("\u00a0\u2007\u202f")


class SearchText(NamedTuple):
    """A cleaned text. `changes` has a sentence for each kind of character that was removed or replaced."""

    text: str
    changes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Omit the text, because it can be the ID of a person and must not reach a log."""
        return "SearchText(…)"

    @classmethod
    def of(cls, entered: str) -> Self:
        """Clean the text. Raise ConfigurationError if nothing is left, or if it is too long or has several lines."""
        text = _cleaned(entered)
        if not text:
            raise ConfigurationError("The text to find is empty.")
        if len(text) > _LONGEST:
            raise ConfigurationError(f"The text to find must have at most {_LONGEST} characters.")
        if not text.isprintable():
            raise ConfigurationError("The text to find must be a single line of printable characters.")
        return cls(text, tuple(_changes(entered)))

    @property
    def variants(self) -> tuple[str, ...]:
        """The text as it was typed and in lower case, because log filters distinguish upper and lower case."""
        return tuple(dict.fromkeys((self.text, self.text.lower())))

    def equals(self, value: str) -> bool:
        """Return whether a whole value is this text; case and the characters that cleaning removes do not matter."""
        return _key(value) == self.text.casefold()

    def is_within(self, text: str) -> bool:
        """Return whether a longer text has this one, with neither a digit nor an alphabetic character beside it."""
        whole, wanted = _key(text), self.text.casefold()
        at = whole.find(wanted)
        while at >= 0:
            if not (whole[at - 1 : at].isalnum() or whole[at + len(wanted) : at + len(wanted) + 1].isalnum()):
                return True
            at = whole.find(wanted, at + 1)
        return False


def _key(value: str) -> str:
    return (value.strip() if value.isascii() else _cleaned(value)).casefold()


def _cleaned(text: str) -> str:
    kept = (char for char in text if not (_is_format(char) or char in _NO_BREAK_SPACES))
    return "".join("-" if char in _DASHES else char for char in kept).strip()


def _is_format(char: str) -> bool:
    return unicodedata.category(char) == "Cf"


def _changes(entered: str) -> list[str]:
    outer = len(entered) - len(entered.strip())
    counts = (
        (sum(map(_is_format, entered)), "invisible character", "removed"),
        (sum(char in _NO_BREAK_SPACES for char in entered.strip()), "no-break space", "removed"),
        (outer, "space around the text", "removed"),
        (sum(char in _DASHES for char in entered), "typographic dash", "replaced by a hyphen"),
    )
    nouns = {"space around the text": "spaces around the text", "typographic dash": "typographic dashes"}
    return [
        f"{plural(count, one, nouns.get(one, ''))} {'was' if count == 1 else 'were'} {what}."
        for count, one, what in counts
        if count
    ]
