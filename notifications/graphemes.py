"""Cuts a text between two characters as a reader sees them.

A simplified form of the extended grapheme clusters of UAX #29, "Unicode Text Segmentation". What it simplifies:

- Nothing is cut after a zero-width joiner (GB11 asks for emoji on both sides).
- A jamo of a vowel or a final consonant is never cut from what is before it (GB6 to GB8 ask for a syllable there).
- Marks are those of the Unicode categories Mn, Mc and Me, and a few others by name (GB9, GB9a).
- Prepended marks (GB9b) and Indic conjuncts (GB9c) can be cut from what follows them.
- A cluster is at most 64 characters long, so that a text of marks alone takes no more time than another.
"""

import unicodedata
from typing import Final

MARK: Final = "…"
_LONGEST_CLUSTER: Final = 64
_JOINER: Final = "\u200d"
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})


def cut(text: str, length: int) -> str:
    """Return the text, or its beginning and "…" if it has more characters than `length`, which is at least 1."""
    if len(text) <= length:
        return text
    end = length - len(MARK)
    places = range(end, max(end - _LONGEST_CLUSTER, 0), -1)
    inside_a_cluster = end if end > _LONGEST_CLUSTER else 0
    return text[: next((place for place in places if _may_cut(text, place)), inside_a_cluster)] + MARK


def _may_cut(text: str, place: int) -> bool:
    """Return whether a cluster begins at this place, which is neither the beginning nor the end of the text."""
    before, after = text[place - 1], text[place]
    if before == _JOINER or _extends(after) or (before == "\r" and after == "\n"):
        return False
    return not (_is_regional(before) and _is_regional(after)) or _regional_before(text, place) % 2 == 0


def _extends(character: str) -> bool:
    if character.isascii():
        return False
    return (
        character in ("\u200c", _JOINER)
        or unicodedata.category(character) in _MARKS  # variation selectors too
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # emoji modifiers: the tones of skin
        or "\U000e0020" <= character <= "\U000e007f"  # tags: the flags of Scotland, Wales and others
        or "\uff9e" <= character <= "\uff9f"  # marks of half-width katakana
        or "\u1160" <= character <= "\u11ff"  # jamo
        or "\ud7b0" <= character <= "\ud7fb"
    )


def _is_regional(character: str) -> bool:
    """Return whether the character is half a flag."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _regional_before(text: str, place: int) -> int:
    """Return how many regional indicators end at this place, in a row."""
    first = max(place - _LONGEST_CLUSTER, 0)
    return next((place - at for at in range(place, first, -1) if not _is_regional(text[at - 1])), place - first)
