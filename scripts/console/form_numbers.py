"""Parse the numbers of forms and addresses. Both can have any text."""

from typing import Any, Final

_LONGEST: Final = 12  # of digits; Python refuses some thousands of them, with an error


def number_of(text: Any) -> int | None:
    """Return the number that a text with at most twelve digits is, or None for anything else."""
    is_number = isinstance(text, str) and len(text) <= _LONGEST and text.isascii() and text.isdecimal()
    return int(text) if is_number else None
