"""What an answer of a service means: accepted is decided by the integration, everything else by a table of answers."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from notifications.errors import Permanent, Throttled, Transient, Unconfirmed
from notifications.integrations.integration import Accepted, HttpResponse
from notifications.retry_after import retry_after_seconds
from processor.errors import CauseClass, Failure


class AnswerMeaning(Enum):
    """What happens to a notification that was not accepted."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    THROTTLED = "throttled"
    UNCONFIRMED = "unconfirmed"

    def failure(self, reason: str, *, retry_after: float | None = None, refused: CauseClass = "refused") -> Failure:
        """Return the failure to raise. `retry_after` is in seconds; `refused` is the class of a permanent one."""
        match self:
            case AnswerMeaning.PERMANENT:
                return Permanent(refused, reason)
            case AnswerMeaning.TRANSIENT:
                return Transient("transient", reason)
            case AnswerMeaning.THROTTLED:
                return Throttled(reason, retry_after)
            case AnswerMeaning.UNCONFIRMED:
                return Unconfirmed(reason)


# "HTTP Semantics", RFC 9110, section 15, and RFC 6585. A gateway that had no answer (502, 504) does not know whether
# the service behind it took the request.
_BY_STATUS: Final[Mapping[int, AnswerMeaning]] = {
    408: AnswerMeaning.TRANSIENT,
    425: AnswerMeaning.TRANSIENT,
    429: AnswerMeaning.THROTTLED,
    502: AnswerMeaning.UNCONFIRMED,
    504: AnswerMeaning.UNCONFIRMED,
}
_CLASSES: Final[Mapping[int, AnswerMeaning]] = {
    3: AnswerMeaning.PERMANENT,
    4: AnswerMeaning.PERMANENT,
    5: AnswerMeaning.TRANSIENT,
}


def meaning_by_status(status: int) -> AnswerMeaning:
    """Return what a status other than 2XX means. Unknown 4XX are permanent, unknown 5XX transient."""
    return _BY_STATUS.get(status) or _CLASSES.get(status // 100, AnswerMeaning.UNCONFIRMED)


def failure_by_status(
    response: HttpResponse, host: str, *, wall: float, what: str = "", retry_after: float | None = None
) -> Failure:
    """Return the failure for an answer other than 2XX.

    The reason is made of the host, the status and `what`, a text of ours. The seconds to wait are `retry_after`, else
    the header `Retry-After`; an answer 503 with that header is a throttle.
    """
    status = response.status
    if retry_after is None:
        retry_after = retry_after_seconds(response.headers.get("retry-after"), wall=wall)
    meaning = meaning_by_status(status)
    if status == 503 and retry_after is not None:
        meaning = AnswerMeaning.THROTTLED
    what = what or ("redirects are not followed" if status // 100 == 3 else "")
    reason = f"{host} answered {status}: {what}." if what else f"{host} answered {status}."
    return meaning.failure(reason, retry_after=retry_after, refused="too-large" if status == 413 else "refused")


def accepted_by_status(response: HttpResponse, host: str, *, wall: float, what: str = "") -> Accepted:
    """Return the acceptance by a service whose status decides. Raise as `failure_by_status` returns."""
    if response.status // 100 == 2:
        return Accepted()
    raise failure_by_status(response, host, wall=wall, what=what)
