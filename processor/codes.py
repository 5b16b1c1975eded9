"""Checks Alma's codes before logs, listings and audits show them: other text may be a patron's data."""

import re
from typing import Final

NOT_A_CODE: Final = "(not a code)"

_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")


def is_code(text: str) -> bool:
    """Return whether a text has the form of a code: up to 100 letters, digits, underscores and hyphens."""
    return bool(_CODE.fullmatch(text))


def code(text: str) -> str:
    """Return an action, event or institution that is safe to show; empty text stays empty."""
    return text if not text or is_code(text) else NOT_A_CODE
