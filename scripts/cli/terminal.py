"""Escape text from outside for terminals, with memory bounded by the size of the text."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

# Text is escaped in pieces, because a list of single characters takes forty times its size.
_PIECE: Final = 4096

# JSON is not indented if that makes the text more than this many times longer: at two hundred levels, a value of two
# bytes would be a line of four hundred.
_LONGEST_INDENTED: Final = 4


def escape(text: str) -> str:
    """Return the text on one line, with unprintable characters escaped so that they cannot control the terminal."""
    return _each_escaped(text, lambda char: char.encode("unicode_escape").decode())


def escaped_json(data: Any) -> str:
    """Return JSON with unprintable characters escaped, safe for programs and terminals."""
    return "".join(escaped_json_pieces(data))


def escaped_json_pieces(data: Any) -> Iterator[str]:
    """Yield the text of `escaped_json` in pieces, for a text that is too long to be kept."""
    for piece in _json_pieces(data):
        yield _each_escaped(piece, _escaped, kept="\n")


def json_text(data: Any) -> str:
    """Return JSON on several lines, or on one if the text would be mostly indentation."""
    return "".join(_json_pieces(data))


def _json_pieces(data: Any) -> Iterator[str]:
    indented, line = json.JSONEncoder(ensure_ascii=False, indent=2), json.JSONEncoder(ensure_ascii=False)
    longest = _LONGEST_INDENTED * sum(map(len, line.iterencode(data))) + _PIECE
    encoder = line if _is_longer(indented.iterencode(data), longest) else indented
    piece, length = io.StringIO(), 0
    for chunk in encoder.iterencode(data):
        if length > _PIECE:
            yield piece.getvalue()
            piece, length = io.StringIO(), 0
        length += piece.write(chunk)
    yield piece.getvalue()


def _is_longer(chunks: Iterable[str], length: int) -> bool:
    """Return whether the chunks are longer than this together, without reading more of them than that takes."""
    total = 0
    return any((total := total + len(chunk)) > length for chunk in chunks)


def _each_escaped(text: str, escape: Callable[[str], str], kept: str = "") -> str:
    if text.isprintable():
        return text
    made = io.StringIO()
    for begin in range(0, len(text), _PIECE):
        piece = text[begin : begin + _PIECE]
        made.write("".join(char if char.isprintable() or char in kept else escape(char) for char in piece))
    return made.getvalue()


def _escaped(char: str) -> str:
    """Return the JSON escape of the character, a surrogate pair above U+FFFF."""
    return json.dumps(char)[1:-1] if ord(char) > 0xFFFF else f"\\u{ord(char):04x}"
