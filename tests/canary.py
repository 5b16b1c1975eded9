"""The canary: words of samples and tests that must never appear in a log, and the search for them.

Patrons and titles in the samples are invented and unique, so any output that quotes a body contains one of these words.
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

# Each word, also in the form that JSON escapes it to.
_PATTERN = re.compile("|".join(re.escape(form) for word in WORDS for form in {word, json.dumps(word)[1:-1]}))


def sung(text: str, more: Iterable[str] = ()) -> set[str]:
    """Return the forbidden words in a text; `more` are extra words of one run, such as its secret."""
    return set(_PATTERN.findall(text)) | {word for word in more if word in text}


class CanaryHandler(logging.Handler):
    """Collects forbidden words in everything that goes through `logging`, including extras."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.sung: set[str] = set()

    def addFilter(self, filter: object) -> None:  # noqa: A002, N802 -- as in the base class
        """Take no filter: each new logger of powertools adds one, which would hide its records from this handler."""

    def emit(self, record: logging.LogRecord) -> None:
        """Search the message of the record and all its extras."""
        given = {name: value for name, value in vars(record).items() if name not in {"exc_info", "args"}}
        self.sung |= sung(record.getMessage()) | sung(json.dumps(given, default=repr, ensure_ascii=False))
