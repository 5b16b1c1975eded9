"""The retry policy: which errors are retryable, retries in the process, and retries through the queue.

A throttle or a lost connection is retried in the process within seconds; longer failures go back to the queue.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, TypeVar

import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from processor.errors import CauseClass, DeliveryUncertain, Failure, InProgress, Permanent, Transient

# Errors that the same request causes again whenever it is sent. All other errors are temporary: throttles, limits,
# faults of AWS, a key that is disabled for a while, a lost response. From the API references' pages "Publish"
# (SNS), "StartExecution" (Step Functions), "SendMessage" and "GetQueueUrl" (SQS), "PutEventsResultEntry" (EventBridge),
# "Invoke" (Lambda), "GetObject" and "PutObject" (S3); a test compares the table with the errors that botocore knows.
_TOO_LARGE = frozenset(
    {"RequestTooLargeException", "RequestEntityTooLargeException", "SerializedRequestEntityTooLargeException"}
)
_PERMANENT_ERRORS = _TOO_LARGE | {
    # The processor lacks a permission.
    *("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"),
    *("KMS.AccessDeniedException", "KmsAccessDenied", "KMSAccessDenied"),
    *("KMSAccessDeniedException", "KmsAccessDeniedException"),
    *("NotAuthorizedForDetailTypeException", "NotAuthorizedForSourceException"),
    # The target or the object does not exist.
    *("AWS.SimpleQueueService.NonExistentQueue", "NoSuchBucket", "NoSuchKey", "NotFound", "NotFoundException"),
    *("QueueDoesNotExist", "ResourceNotFoundException", "StateMachineDeleting", "StateMachineDoesNotExist"),
    # The request is not valid for this target.
    *("AWS.SimpleQueueService.UnsupportedOperation", "InvalidAccountIdException", "InvalidAddress"),
    *("InvalidArgument", "InvalidArn", "InvalidExecutionInput", "InvalidMessageContents", "InvalidName"),
    *("InvalidParameter", "InvalidParameterException", "InvalidParameterValue", "InvalidParameterValueException"),
    *("InvalidRequestContentException", "MalformedDetail", "MissingParameter", "ParameterValueInvalid"),
    *("ParamValidationError", "RecursiveInvocationException", "RedactionFailure", "UnsupportedMediaTypeException"),
    *("UnsupportedOperation", "ValidationException"),
}

# A text of our own, because botocore composes its own anew twice for each call, a tenth of the CPU of an event.
# Parameters are not validated here: AWS validates them, and our code gives them their types.
_CHEAP: Final[dict[str, Any]] = {
    "user_agent": f"Botocore/{botocore.__version__} alma-webhooks",
    "parameter_validation": False,
}
# One attempt each, because `retry_in_process` repeats them.
CALLS = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1}, **_CHEAP)
# The SDK repeats the calls for records of deliveries, because powertools makes them. If the response to a write "in
# progress" was lost, the repeated write finds that record and waits for it as for another worker's.
RECORD_CALLS = Config(
    connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 3}, **_CHEAP
)

# One attempt at a delivery takes at most this long: storing a large body, sending, and recording. With less time left,
# nothing is sent.
ENOUGH_SECONDS = 10.0

# The clocks of workers may differ by this much: a record is taken over only after its worker has certainly ended.
CLOCKS_DIFFER_SECONDS = 2

_MAX_ATTEMPTS_IN_PROCESS = 3
_MAX_BACKOFF_SECONDS = 3600
_MOST_DOUBLINGS = 12  # one second has become more than an hour by then
_JITTER = 0.2

# The longest wait before a retry; if the message could not be postponed, the visibility timeout of the queue applies.
LONGEST_AWAY_SECONDS = round(_MAX_BACKOFF_SECONDS * (1 + _JITTER))

RemainingTime = Callable[[], float]
CallResult = TypeVar("CallResult")


def code_of(error: BaseException) -> str:
    """Return the code of an AWS error, or the class of another one. Its text can quote the request."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def is_retryable(code: str) -> bool:
    """Return whether the same request may succeed later."""
    return code not in _PERMANENT_ERRORS


def failure_by_code(code: str, refused: CauseClass, what: str = "", **place: str) -> Failure:
    """Return Permanent, usually of the class `refused`, if AWS would refuse the same request again, else Transient.

    `what` could not be done, if it is not obvious; `place` are the route and target of a delivery.
    """
    reason = f"{what}: AWS returned {code}" if what else f"AWS returned {code}"
    if is_retryable(code):
        return Transient("transient", reason, **place)
    return Permanent("too-large" if code in _TOO_LARGE else refused, reason, **place)


@contextmanager
def failures_of_aws(refused: CauseClass, what: str = "", **place: str) -> Iterator[None]:
    """Raise the failure for an AWS error, with its code only: its message can quote the request."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise failure_by_code(code_of(error), refused, what, **place) from None


def retry_in_process(
    call: Callable[[], CallResult], *, remaining_time: RemainingTime, sleep: Callable[[float], None] = time.sleep
) -> CallResult:
    """Return what `call` returns; retry it after a short pause while it raises Transient and there is enough time.

    The first attempt is made however little time remains. Raise what the last attempt raised.
    """

    def is_enough(state: RetryCallState) -> bool:
        return (
            state.attempt_number >= _MAX_ATTEMPTS_IN_PROCESS or remaining_time() - state.upcoming_sleep < ENOUGH_SECONDS
        )

    retrying = Retrying(
        retry=retry_if_exception_type(Transient),
        stop=is_enough,
        wait=wait_random_exponential(multiplier=0.2, max=2),
        sleep=sleep,
        reraise=True,
    )
    return retrying(call)


class RetryPolicy(NamedTuple):
    """How often and when an event is retried. The seconds are the timeouts of the queue and of the function."""

    max_receives: int
    visibility_seconds: int
    function_seconds: int
    random: Callable[[], float] = random.random

    def is_exhausted(self, receives: int) -> bool:
        """Return whether this receive is the last: a failure now makes a dead letter."""
        return receives >= self.max_receives

    def backoff_seconds(self, failure: Transient, receives: int) -> int:
        """Return the seconds until the message comes back: the visibility timeout, doubled per receive, up to an hour.

        A random fifth is added or subtracted, so that messages that failed together do not come back together. A record
        of a delivery in progress expires when the function's time is over: after DeliveryUncertain the message comes
        back no earlier than that, and after InProgress soon after it.
        """
        freed = self.function_seconds + CLOCKS_DIFFER_SECONDS + 1
        first = freed if isinstance(failure, InProgress) else self.visibility_seconds
        grown = min(first << min(receives - 1, _MOST_DOUBLINGS), _MAX_BACKOFF_SECONDS)  # doubled with each receive
        spread = round(grown * (1 - _JITTER + 2 * _JITTER * self.random()))
        return max(spread, freed) if isinstance(failure, DeliveryUncertain) else spread
