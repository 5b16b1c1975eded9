"""Calls of AWS that send: one request each, and what is known after an error."""

import traceback
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)

from notifications.answers import AnswerMeaning
from notifications.aws_sending import ONE_REQUEST, AwsAnswer, AwsAnswers, sent_once
from notifications.errors import Permanent, Throttled, Transient, Unconfirmed
from processor.errors import Failure

URL = "https://canary"
ANSWERS: AwsAnswers = {
    ("Mixed", "daily"): AwsAnswer(AnswerMeaning.THROTTLED, "per day", 3600),
    "Mixed": AwsAnswer(AnswerMeaning.PERMANENT, "no"),
}


def failure_of(error: Exception) -> Failure:
    def call() -> None:
        raise error

    with pytest.raises(Failure) as raised:
        sent_once(call, "SES", ANSWERS)
    assert "canary" not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None
    return raised.value


def client_error(code: str, text: str = "canary@example.org") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, "SendEmail")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConnectTimeoutError(endpoint_url=URL), Transient),
        (EndpointConnectionError(endpoint_url=URL), Transient),
        (NoCredentialsError(), Transient),
        (ParamValidationError(report="canary"), Permanent),
        (ReadTimeoutError(endpoint_url=URL), Unconfirmed),
        (ConnectionClosedError(endpoint_url=URL), Unconfirmed),
        (SSLError(endpoint_url=URL, error=OSError("canary")), Unconfirmed),
    ],
)
def test_errors_without_an_answer(error: Exception, failure: type[Failure]) -> None:
    """Before a connection exists nothing was sent; afterwards nobody knows."""
    assert type(failure_of(error)) is failure


@pytest.mark.parametrize(
    ("code", "text", "failure", "reason"),
    [
        ("Mixed", "Daily quota of canary", Throttled, "SES returned Mixed: per day."),
        ("Mixed", "other", Permanent, "SES returned Mixed: no."),
        ("ThrottlingException", "Rate exceeded", Throttled, "SES returned ThrottlingException."),
        ("AccessDeniedException", "canary", Permanent, "SES returned AccessDeniedException."),
        ("InternalFailure", "", Transient, "SES returned InternalFailure."),
        ("NewError", "", Transient, "SES returned NewError."),
    ],
)
def test_errors_with_an_answer(code: str, text: str, failure: type[Failure], reason: str) -> None:
    """The table of the service comes first, then the table that all calls share."""
    found = failure_of(client_error(code, text))
    assert (type(found), found.reason) == (failure, reason)


def test_a_throttle_has_the_time_of_the_table() -> None:
    """A daily quota is tried again after an hour."""
    found: Any = failure_of(client_error("Mixed", "daily"))
    assert found.retry_after == 3600


def test_other_exceptions_are_not_hidden() -> None:
    """A mistake of the code is not an error of AWS."""
    with pytest.raises(ZeroDivisionError):
        sent_once(lambda: 1 // 0, "SES", ANSWERS)


def test_the_sdk_sends_one_request() -> None:
    """A retry of the SDK could send a second message."""
    assert ONE_REQUEST.retries == {"mode": "standard", "total_max_attempts": 1}  # type: ignore[attr-defined]  # botocore's stubs lack it
