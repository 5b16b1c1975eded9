"""Clean a text that somebody pasted into a search, and compare it with values. Pure: calls no AWS.

Pasted IDs carry invisible characters, no-break spaces and typographic dashes, with which a search finds nothing.
"""

import re
import unicodedata
from typing import Final, NamedTuple, Self

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural

_LONGEST: Final = 256
_ALPHANUMERIC: Final = r"[^\W_]"
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
        alone = f"(?<!{_ALPHANUMERIC}){re.escape(self.text.casefold())}(?!{_ALPHANUMERIC})"
        return re.search(alone, _key(text)) is not None


def _key(value: str) -> str:
    return (value.strip() if value.isascii() else _cleaned(value)).casefold()


def _cleaned(text: str) -> str:
    kept = (char for char in text if not (_is_format(char) or char in _NO_BREAK_SPACES))
    return "".join("-" if char in _DASHES else char for char in kept).strip()


def _is_format(char: str) -> bool:
    return unicodedata.category(char) == "Cf"


def _changes(entered: str) -> list[str]:
    inner, dashes = entered.strip(), sum(char in _DASHES for char in entered)
    counts = (
        (sum(map(_is_format, entered)), "invisible character was", "invisible characters were", "removed"),
        (sum(char in _NO_BREAK_SPACES for char in inner), "no-break space was", "no-break spaces were", "removed"),
        (len(entered) - len(inner), "space around the text was", "spaces around the text were", "removed"),
        (dashes, "typographic dash was", "typographic dashes were", "replaced by a hyphen"),
    )
    return [f"{plural(count, one, many)} {what}." for count, one, many, what in counts if count]
