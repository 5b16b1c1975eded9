"""Codes of Alma's as logs, listings and audits show them: what has not the form of a code may be a patron's data."""

import re
from typing import Final

NOT_A_CODE: Final = "(not a code)"

_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")


def is_code(text: str) -> bool:
    """Whether a text has the form of a code: letters, digits, underscores and hyphens, a hundred at most."""
    return bool(_CODE.fullmatch(text))


def code(text: str) -> str:
    """Return an action, an event or an institution as it may be shown; nothing stays nothing."""
    return text if not text or is_code(text) else NOT_A_CODE
