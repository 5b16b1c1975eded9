"""How long something is, as people write it: 45s, 90m, 24h, 3d. Knows no flag and no limit."""

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration_of(text: str) -> timedelta | None:
    """The time, or None when the text is none, or nothing long."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) or None if found else None
