"""Turn a body into text that a form can hold and give back, and the text into a body. Reads nothing."""

import json
from difflib import unified_diff
from typing import Final, NamedTuple

from scripts.cli.exit_codes import RejectedError
from scripts.cli.terminal import escaped_json

_LAYOUT: Final = frozenset("\n\t")


def editable_text(body: bytes) -> str:
    """Return JSON indented, with unprintable characters escaped, and any other text as it is, with line feeds.

    Raise RejectedError if a form would change the body: it is not UTF-8, or it is not JSON and has such characters.
    """
    try:
        return escaped_json(json.loads(body))
    except (ValueError, RecursionError):
        pass
    try:
        text = _with_line_feeds(body.decode())
    except UnicodeDecodeError:
        raise _not_editable("is not text in UTF-8") from None
    if not all(char.isprintable() or char in _LAYOUT for char in text):
        raise _not_editable("has characters that cannot be seen")
    return text


def body_of_text(text: str) -> bytes:
    """Return the body for a text from a form, whose lines browsers end with carriage returns too."""
    return _with_line_feeds(text).encode()


class DiffLine(NamedTuple):
    """A line of a difference: `sign` is `+`, `-`, a space for one that is in both, or `@` for a place."""

    sign: str
    text: str


def difference(original: str, corrected: str) -> list[DiffLine]:
    """Return the changed lines with three lines around each."""
    lines = unified_diff(original.splitlines(), corrected.splitlines(), lineterm="", n=3)
    return [DiffLine(line[0], line.strip("@ ") if line[0] == "@" else line[1:]) for line in list(lines)[2:]]


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_editable(why: str) -> RejectedError:
    return RejectedError(
        f"The body {why}, so a form would change it. Use alma-webhooks dead-letters edit, which opens your editor."
    )
