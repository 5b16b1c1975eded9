"""A reader of the Markdown of Adaptive Cards, by its documentation, to see what a card shows."""

import html
import re

_ESCAPES = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKUP = re.compile(
    r"(\*\*|__|[*_`~])|\[[^\]]*\]\([^)]*\)|^\s*([-+#]|[0-9]+[.)])(\s|$)|\{\{(DATE|TIME)\(", re.MULTILINE
)


def shown(text: str) -> str:
    """Return what a client shows of a text without markup. Raise AssertionError if a part of it is markup."""
    plain = _ESCAPES.sub(lambda found: chr(0xE000 + ord(found[1])), text)  # private characters stand for escaped ones
    assert not _MARKUP.search(plain), text
    return re.sub("[\ue000-\ue0ff]", lambda found: chr(ord(found[0]) - 0xE000), html.unescape(plain)).replace(
        "\u2060", ""
    )
