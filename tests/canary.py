"""The canary: words of samples and tests that no log may ever contain, and the search for them.

Patrons, titles and the like in samples are invented, and planted: whatever quotes a body quotes one of these.
"""

import json
import logging
import re
from collections.abc import Iterable

WORDS = (
    *("invented-patron", "patron-4711", "patron4711", "Beispiel-Ñandú", "Maren", "Handbook of Paper Boats"),
    *(
        "Collected Letters of Nobody",
        "Lindqvist",
        "Grünwald",
        "Hoshino",
        "Vesterholt",
        "3990000000",
        "0000011110007141",
    ),
)

# The same word as JSON escapes it.
_PATTERN = re.compile("|".join(re.escape(form) for word in WORDS for form in {word, json.dumps(word)[1:-1]}))


def sung(text: str, more: Iterable[str] = ()) -> set[str]:
    """Return the forbidden words in a text; `more` are words of one run, such as its secret."""
    return set(_PATTERN.findall(text)) | {word for word in more if word in text}


class CanaryHandler(logging.Handler):
    """Collects forbidden words in everything that goes through `logging`, including extras."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.sung: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Search the message of the record and all its extras."""
        given = {name: value for name, value in vars(record).items() if name not in {"exc_info", "args"}}
        self.sung |= sung(record.getMessage()) | sung(json.dumps(given, default=repr, ensure_ascii=False))
