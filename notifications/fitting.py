"""Renders the pieces of a message so that the service accepts its length: cuts values, escapes them, measures the text.

Work is bounded, however long the values are: a message takes at most 20 rounds, each of at most 131,072 characters.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from notifications.graphemes import cut
from notifications.pieces import Piece
from notifications.text_measures import utf8_bytes

# Bytes of UTF-8, for services that accept more. As JSON it can be twice as long, and has room in the 1 MiB of a message
# ("SendMessage", Amazon SQS API Reference).
LONGEST_MESSAGE: Final = 131_072

_LINE_ENDS: Final = re.compile("\r\n?|[\x85\u2028\u2029]")
_REMOVED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_HALVES: Final = re.compile("[\ud800-\udfff]")


def fit(pieces: Iterable[Piece], escape: Callable[[str], str], fits: Callable[[str], bool]) -> str | None:
    """Return the text of the pieces with values as long as possible, or None if one character of each is too long.

    The longest values are cut first, all to the same number of characters.
    """
    readable = _readable(pieces)
    if (whole := _text(readable, LONGEST_MESSAGE, escape, fits)) is not None:
        return whole
    fitting = _text(readable, 1, escape, fits)
    low, high = 1, min(LONGEST_MESSAGE, max((len(piece.text) for piece in readable if piece.is_value), default=1))
    while fitting is not None and high - low > 1:
        middle = (low + high) // 2
        if (text := _text(readable, middle, escape, fits)) is None:
            high = middle
        else:
            low, fitting = middle, text
    return fitting


def readable_value(value: str) -> str:
    """Return a value with newline and tab as its only control characters, and without bidi embeddings and overrides.

    They would reorder the text after the value, or hide a part of it. Line ends of other systems become newlines.
    """
    return _HALVES.sub("\ufffd", _REMOVED.sub("", _LINE_ENDS.sub("\n", value)))


def _readable(pieces: Iterable[Piece]) -> list[Piece]:
    texts: dict[str, str] = {}  # a template can show one long value often
    made = []
    for piece in pieces:
        if piece.is_value and piece.text not in texts:
            texts[piece.text] = readable_value(piece.text)
        made.append(Piece(texts[piece.text], is_value=True) if piece.is_value else piece)
    return made


def _text(
    pieces: Iterable[Piece], length: int, escape: Callable[[str], str], fits: Callable[[str], bool]
) -> str | None:
    """Return the text with values of at most this length, or None if the text is too long."""
    escaped: dict[str, str] = {}
    parts: list[str] = []
    total = 0
    for text, is_value in pieces:
        if is_value and text not in escaped:
            escaped[text] = escape(cut(text, length))
        parts.append(escaped[text] if is_value else text)
        total += len(parts[-1])
        if total > LONGEST_MESSAGE:
            return None
    whole = "".join(parts)
    return whole if utf8_bytes(whole) <= LONGEST_MESSAGE and fits(whole) else None
