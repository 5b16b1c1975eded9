"""Alma's retry policy: whether and when Alma retries a post, by its response.

"Webhooks", Ex Libris Developer Network: a response after more than 5 s counts as a 500; after a 5XX Alma retries 1, 3
and 6 hours later; a 4XX is never retried. That no response at all counts as a 500 too is inferred.
"""

from enum import StrEnum
from http import HTTPStatus
from typing import Final, NamedTuple

TIMEOUT_SECONDS: Final = 5.0
_RETRY_HOURS: Final = (1, 3, 6)
_SECONDS_PER_HOUR: Final = 3600


class AttemptResult(NamedTuple):
    """The result of one attempt. `status` is None without a response in time; `seconds` include the connection."""

    status: int | None
    receipt_id: str | None
    seconds: float


class Verdict(StrEnum):
    """The final result of a post. `rejected` is right for a forged post; `lost` is a genuine one after a 4XX."""

    accepted = "accepted"
    rejected = "rejected"
    lost = "lost"
    dropped = "dropped"
    surprise = "surprise"


def has_failed(answer: AttemptResult) -> bool:
    """Return whether Alma retries after this result, if retries are left."""
    return answer.status is None or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def retry_seconds(attempts: int) -> float:
    """Return the seconds that Alma waits after this many failed attempts."""
    return _RETRY_HOURS[attempts - 1] * _SECONDS_PER_HOUR


def verdict(answer: AttemptResult, attempts: int, *, is_forged: bool) -> Verdict | None:
    """Return the verdict after this many attempts, or None to retry."""
    status = answer.status
    if status is None or has_failed(answer):
        if attempts <= len(_RETRY_HOURS):
            return None
        return Verdict.surprise if is_forged else Verdict.dropped
    if is_forged:
        return Verdict.rejected if status == HTTPStatus.UNAUTHORIZED else Verdict.surprise
    if status >= HTTPStatus.BAD_REQUEST:
        return Verdict.lost
    return Verdict.accepted if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES else Verdict.surprise
