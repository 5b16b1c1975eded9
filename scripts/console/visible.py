"""Make characters visible that would change how a text looks, or that nobody sees: a body can have any."""

import unicodedata
from typing import Any, Final

from markupsafe import Markup

# Control, format (bidirectional marks and zero-width characters are among them), lone surrogates, private use and
# unassigned characters, and separators of lines and paragraphs.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LAYOUT: Final = frozenset("\n\t")
_NO_BREAK_SPACE: Final = "\N{NO-BREAK SPACE}"


def visible(value: Any) -> Any:
    """Return a text with these characters by code point, such as ⟨U+202E⟩. Other values and markup stay."""
    if not isinstance(value, str) or isinstance(value, Markup) or (value.isascii() and value.isprintable()):
        return value
    return "".join(_shown(character) for character in value)


def _shown(character: str) -> str:
    is_hidden = unicodedata.category(character) in _HIDDEN or character == _NO_BREAK_SPACE
    return f"⟨U+{ord(character):04X}⟩" if is_hidden and character not in _LAYOUT else character
