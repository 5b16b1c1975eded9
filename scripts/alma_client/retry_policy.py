"""What Alma does about an answer: when it tries again, and when that is the end of it. Posts and waits for nothing.

"Webhooks", Ex Libris Developer Network: slower than 5 s counts as a 500; after a 5XX Alma tries again 1, 3 and 6 hours
later; a 4XX is never tried again. That no answer at all counts as a 500 too is inferred.
"""

from enum import StrEnum
from http import HTTPStatus
from typing import Final, NamedTuple

TIMEOUT_SECONDS: Final = 5.0
_RETRY_HOURS: Final = (1, 3, 6)
_SECONDS_PER_HOUR: Final = 3600


class AttemptResult(NamedTuple):
    """What came back; `status` is None when nothing came in time. `seconds` count from before the connection."""

    status: int | None
    receipt_id: str | None
    seconds: float


class Verdict(StrEnum):
    """What became of a post in the end. `rejected` is a forged one's right end, `lost` a genuine one's after a 4XX."""

    accepted = "accepted"
    rejected = "rejected"
    lost = "lost"
    given_up = "given up"
    surprise = "surprise"


def has_failed(answer: AttemptResult) -> bool:
    """Whether Alma tries again after this answer, as long as its patience lasts."""
    return answer.status is None or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def retry_seconds(attempts: int) -> float:
    """Alma's seconds from so many attempts that failed to the next."""
    return _RETRY_HOURS[attempts - 1] * _SECONDS_PER_HOUR


def verdict(answer: AttemptResult, attempts: int, *, is_forged: bool) -> Verdict | None:
    """What the answer to the so many-th attempt makes of a post; None: it is tried again."""
    status = answer.status
    if status is None or has_failed(answer):
        if attempts <= len(_RETRY_HOURS):
            return None
        return Verdict.surprise if is_forged else Verdict.given_up
    if is_forged:
        return Verdict.rejected if status == HTTPStatus.UNAUTHORIZED else Verdict.surprise
    if status >= HTTPStatus.BAD_REQUEST:
        return Verdict.lost
    return Verdict.accepted if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES else Verdict.surprise
