"""Reads how long a service asks to wait: the header `Retry-After` (RFC 9110, 10.2.3), or a number of a JSON body."""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

SHORTEST_SECONDS: Final = 1.0
# The most that the visibility of a message allows ("ChangeMessageVisibility", Amazon SQS API Reference).
LONGEST_SECONDS: Final = 12 * 3600.0

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")


def retry_after_seconds(value: str | float | None, *, wall: float) -> float | None:
    """Return the seconds to wait, from 1 second to 12 hours, or None if the service does not say.

    The value is a number of seconds, also negative or with a fraction, or an HTTP date, also a past one. Anything else
    counts as not said. `wall` is the current time in seconds since 1970.
    """
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip()
    seconds = float(text) if _NUMBER.fullmatch(text) else _until(text, wall)
    return None if seconds is None else min(max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS)


def _until(date: str, wall: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - wall
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
