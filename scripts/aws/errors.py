"""Classify an AWS error: the resource is gone, a right is missing, or AWS gives no answer."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.context import reason_of
from scripts.cli.advice import Advice, Fix

_FoundT = TypeVar("_FoundT")

# The service's prefix in IAM for each operation that the looks call ("Service Authorization Reference").
RIGHTS: Final = {
    "DescribeStacks": "cloudformation",
    "ListStackResources": "cloudformation",
    "ListEventSourceMappings": "lambda",
    "GetFunctionConfiguration": "lambda",
    "GetParameters": "ssm",
    "DescribeParameters": "ssm",
    "GetObject": "s3",
    "GetItem": "dynamodb",
    "GetQueueAttributes": "sqs",
    "GetQueueUrl": "sqs",
    "GetMetricData": "cloudwatch",
    "DescribeAlarms": "cloudwatch",
    "FilterLogEvents": "logs",
    "Scan": "dynamodb",
    "GetAccount": "ses",
    "GetEmailIdentity": "ses",
    "GetSMSAttributes": "sns",
    "GetSMSSandboxAccountStatus": "sns",
    "ListPhoneNumbersOptedOut": "sns",
    "ListSubscriptionsByTopic": "sns",
    "GetTopicAttributes": "sns",
    "DescribeStateMachine": "states",
    "DescribeEventBus": "events",
}

# The first code is SNS's; the others are parts of codes of all services.
_DENIED: Final = re.compile(r"AuthorizationError|AccessDenied|Unauthorized|NotAuthorized")
_GONE: Final = re.compile(r"NotFound|DoesNotExist|NonExistent")


def is_gone(error: ClientError) -> bool:
    """Return whether AWS says that the resource does not exist."""
    return bool(_GONE.search(error.response["Error"].get("Code", "")))


def none_if_gone(call: Callable[[], _FoundT]) -> _FoundT | None:
    """Return what a call returns, or None if AWS says that the resource does not exist. Raise botocore's errors."""
    with suppress_if(is_gone):
        return call()
    return None


def is_denied(error: ClientError) -> bool:
    """Return whether AWS denies the caller access."""
    return is_denial(error.response["Error"].get("Code", ""))


def is_denial(code: str) -> bool:
    """Return whether an error code of AWS, or a text with it, says that access is denied."""
    return bool(_DENIED.search(code))


@contextmanager
def suppress_if(is_expected: Callable[[ClientError], bool]) -> Iterator[None]:
    """End the block at an error that is expected, such as one that `is_gone`; raise any other."""
    try:
        yield
    except ClientError as error:
        if not is_expected(error):
            raise


def why_unanswered(error: ClientError | BotoCoreError) -> tuple[str, Fix]:
    """Return why there was no answer, and what to do about it."""
    if isinstance(error, ClientError) and is_denied(error):
        right = _right_of(error)
        return f"AWS denied access: the permission {right} is missing", Advice.grant.text(right=right)
    asked = error.operation_name if isinstance(error, ClientError) else "the request"
    return f"AWS did not answer {asked}: {reason_of(error)}", Advice.again.text()


def _right_of(error: ClientError) -> str:
    """Return the missing permission, from AWS's message if possible: it can be another service's, such as KMS's."""
    if named := re.search(r"perform: ([a-z0-9-]+:\w+)", error.response["Error"].get("Message", "")):
        return named[1]
    return f"{RIGHTS.get(error.operation_name, '?')}:{error.operation_name}"
