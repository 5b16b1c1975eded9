"""Every retry: what may pass, how it is tried again at once, and when a message comes back. Delivers nothing itself.

At once for a throttle or a lost connection; after minutes, by way of the queue, for what lasts longer.
"""

import random
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from processor.errors import DeliveryUncertain, InProgress, Transient

# Errors that come again for the same request, whenever it is sent. Every other error may pass: throttles, limits,
# faults of AWS, a key that is disabled for a while, an answer that was lost. From the API references' pages "Publish"
# (SNS), "StartExecution" (Step Functions), "SendMessage" and "GetQueueUrl" (SQS), "PutEventsResultEntry" (EventBridge),
# "Invoke" (Lambda), "GetObject" and "PutObject" (S3); a test holds the table against the errors that botocore knows.
_REFUSED_FOR_GOOD = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "AWS.SimpleQueueService.NonExistentQueue",
        "AWS.SimpleQueueService.UnsupportedOperation",
        "InvalidAccountIdException",
        "InvalidAddress",
        "InvalidArgument",
        "InvalidArn",
        "InvalidExecutionInput",
        "InvalidMessageContents",
        "InvalidName",
        "InvalidParameter",
        "InvalidParameterException",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "InvalidRequestContentException",
        "KMS.AccessDeniedException",
        "KmsAccessDenied",
        "KMSAccessDenied",
        "KMSAccessDeniedException",
        "KmsAccessDeniedException",
        "MalformedDetail",
        "MissingParameter",
        "NoSuchBucket",
        "NoSuchKey",
        "NotAuthorizedForDetailTypeException",
        "NotAuthorizedForSourceException",
        "NotFound",
        "NotFoundException",
        "ParameterValueInvalid",
        "ParamValidationError",
        "QueueDoesNotExist",
        "RecursiveInvocationException",
        "RedactionFailure",
        "RequestEntityTooLargeException",
        "RequestTooLargeException",
        "ResourceNotFoundException",
        "SerializedRequestEntityTooLargeException",
        "StateMachineDeleting",
        "StateMachineDoesNotExist",
        "UnsupportedMediaTypeException",
        "UnsupportedOperation",
        "ValidationException",
    }
)

# One attempt each: `retry_in_process` repeats them.
CALLS = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1})
# The records of deliveries are repeated by the SDK, for powertools makes these calls. One that says "in progress" and
# whose answer was lost then meets itself, and is waited for like another's.
RECORD_CALLS = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 3})

# One attempt at a delivery takes at most this long: storing a large body, sending, and recording. With less time left,
# nothing is sent.
ENOUGH_SECONDS = 10.0

# Workers' clocks may differ by so much: a record is not taken over before its worker has certainly ended.
CLOCKS_DIFFER_SECONDS = 2

_ATTEMPTS_AT_ONCE = 3
_LONGEST_ABSENCE_SECONDS = 3600
_MOST_DOUBLINGS = 12  # a second is over an hour by then
_JITTER = 0.2

# No retry is away for longer by its failure; where its message could not be postponed, the queue's own timeout counts.
LONGEST_AWAY_SECONDS = round(_LONGEST_ABSENCE_SECONDS * (1 + _JITTER))

RemainingTime = Callable[[], float]
CallResult = TypeVar("CallResult")


def code_of(error: ClientError | BotoCoreError) -> str:
    """An error's code, or its class where AWS did not answer. Never its text, which can quote what was sent."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def is_retryable(code: str) -> bool:
    """Whether the same request may fare better later."""
    return code not in _REFUSED_FOR_GOOD


def retry_in_process(
    call: Callable[[], CallResult], *, remaining_time: RemainingTime, sleep: Callable[[float], None] = time.sleep
) -> CallResult:
    """Return what `call` returns; retry it after a short pause while it raises Transient and there is enough time.

    The first attempt is made however little time remains. Raise what the last attempt raised.
    """

    def is_enough(state: RetryCallState) -> bool:
        return state.attempt_number >= _ATTEMPTS_AT_ONCE or remaining_time() - state.upcoming_sleep < ENOUGH_SECONDS

    retrying = Retrying(
        retry=retry_if_exception_type(Transient),
        stop=is_enough,
        wait=wait_random_exponential(multiplier=0.2, max=2),
        sleep=sleep,
        reraise=True,
    )
    return retrying(call)


class RetryPolicy(NamedTuple):
    """How long an event is tried; the seconds are the queue's visibility timeout and the function's timeout."""

    max_receives: int
    visibility_seconds: int
    function_seconds: int
    random: Callable[[], float] = random.random

    def is_exhausted(self, receives: int) -> bool:
        """Whether this receive is the last: what fails now is a dead letter."""
        return receives >= self.max_receives

    def backoff_seconds(self, failure: Transient, receives: int) -> int:
        """Return the seconds until the message comes back: the visibility timeout, doubled per receive, up to an hour.

        A random fifth is added or subtracted, so that messages that failed together do not come back together. A record
        of a delivery in progress expires when the function's time is over: after DeliveryUncertain the message comes
        back no earlier than that, and after InProgress soon after it.
        """
        freed = self.function_seconds + CLOCKS_DIFFER_SECONDS + 1
        first = freed if isinstance(failure, InProgress) else self.visibility_seconds
        grown = min(first << min(receives - 1, _MOST_DOUBLINGS), _LONGEST_ABSENCE_SECONDS)  # doubled with each receive
        spread = round(grown * (1 - _JITTER + 2 * _JITTER * self.random()))
        return max(spread, freed) if isinstance(failure, DeliveryUncertain) else spread
