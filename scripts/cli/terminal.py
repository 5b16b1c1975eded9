"""Escape text from outside for terminals, with memory bounded by the size of the text."""

import io
import json
from collections.abc import Callable
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
    return _each_escaped(json_text(data), _escaped, kept="\n")


def json_text(data: Any) -> str:
    """Return JSON on several lines, or on one if the text would be mostly indentation."""
    line = json.dumps(data, ensure_ascii=False)
    text, length = io.StringIO(), 0
    for chunk in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(data):
        length += text.write(chunk)
        if length > _LONGEST_INDENTED * len(line) + _PIECE:
            return line
    return text.getvalue()


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
