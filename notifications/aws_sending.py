"""Calls of SES and SNS that send something: one request each, and what their errors mean."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeVar

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
)

from notifications.answers import AnswerMeaning
from processor.errors import CauseClass, Failure
from processor.retries import code_of, is_retryable

# For the clients of SES and SNS. A repeated call can send a second message, so the SDK makes one attempt. The timeout
# for an answer is longer than elsewhere, because a lost answer leaves it open whether a message was sent.
ONE_REQUEST: Final = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1})

_NOT_SENT: Final = (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
)

_THROTTLES: Final = frozenset(
    {"RequestLimitExceeded", "Throttled", "ThrottledException", "Throttling", "ThrottlingException"}
    | {"TooManyRequestsException"}
)

Answer = TypeVar("Answer")


class AwsAnswer(NamedTuple):
    """What an error of AWS means: a text of ours, and the seconds to wait if it is a throttle.

    `refused` is the class of the cause if it is permanent.
    """

    meaning: AnswerMeaning
    what: str = ""
    retry_after: float | None = None
    refused: CauseClass = "refused"


# By code, and before it by code and a text of the message (in lower case), where one code has several meanings.
AwsAnswers = Mapping[str | tuple[str, str], AwsAnswer]


def sent_once(call: Callable[[], Answer], service: str, answers: AwsAnswers) -> Answer:
    """Return what the call returns. Raise the failure for an error of AWS, with its code only.

    The text of an error can have addresses and numbers of people. Codes that are not in `answers` are decided as in
    `processor.retries`. An error after the connection was made leaves it open whether the message was sent.
    """
    try:
        return call()
    except ClientError as error:
        failure = _failure_of_answer(error, service, answers)
    except BotoCoreError as error:
        failure = _failure_without_answer(error, service)
    raise failure


def _failure_of_answer(error: ClientError, service: str, answers: AwsAnswers) -> Failure:
    code = code_of(error)
    text = error.response["Error"].get("Message", "").lower()
    answer = next(
        (answer for key, answer in answers.items() if isinstance(key, tuple) and key[0] == code and key[1] in text),
        answers.get(code),
    )
    if answer is None:
        known = AnswerMeaning.TRANSIENT if is_retryable(code) else AnswerMeaning.PERMANENT
        answer = AwsAnswer(AnswerMeaning.THROTTLED if code in _THROTTLES else known)
    reason = f"{service} returned {code}: {answer.what}." if answer.what else f"{service} returned {code}."
    return answer.meaning.failure(reason, retry_after=answer.retry_after, refused=answer.refused)


def _failure_without_answer(error: BotoCoreError, service: str) -> Failure:
    name = type(error).__name__
    if isinstance(error, ParamValidationError):
        return AnswerMeaning.PERMANENT.failure(f"{service} cannot be called with these values ({name}).")
    if isinstance(error, _NOT_SENT):
        return AnswerMeaning.TRANSIENT.failure(f"{service} could not be reached ({name}).")
    return AnswerMeaning.UNCONFIRMED.failure(f"{service} did not answer a request that was sent ({name}).")
