"""Text from outside, made harmless for a terminal. Prints nothing, escapes no markup."""

import json
from typing import Any


def harmless(text: str) -> str:
    """The text on one line, every character that is not printable as its escape: an event moves no cursor."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def harmless_json(data: Any) -> str:
    """JSON on several lines, for programs and terminals alike: what is not printable stands escaped in its strings."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return "".join(char if char.isprintable() or char == "\n" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    """As JSON escapes it: beyond four digits by a pair of surrogates."""
    return json.dumps(char)[1:-1] if ord(char) > 0xFFFF else f"\\u{ord(char):04x}"
