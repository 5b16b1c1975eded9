"""What a check finds: a state, a sentence, a fix; and what becomes of a check that may not look. Asks nothing."""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.errors import ConfigurationError, FailedError
from scripts.operate.scope import reason_of


class State(StrEnum):
    """How what was looked at stands."""

    ok = "ok"
    warning = "warning"  # nothing is lost now, and something should be done
    bad = "bad"
    unknown = "unknown"  # it could not be looked at


class Finding(NamedTuple):
    """One thing that a check found. `fix` is what to do next, also where nothing is wrong; empty when nothing is."""

    check: str
    state: State
    told: str
    fix: str = ""


class Check(NamedTuple):
    """One thing to look at. `look` yields findings; it may raise botocore's errors, ConfigurationError, FailedError."""

    name: str
    look: Callable[[], Iterable[Finding]]


# The service's prefix in IAM for each operation that the checks call ("Service Authorization Reference").
RIGHTS: Final = {
    "DescribeStacks": "cloudformation",
    "ListEventSourceMappings": "lambda",
    "GetFunctionConfiguration": "lambda",
    "GetParameters": "ssm",
    "DescribeParameters": "ssm",
    "GetQueueAttributes": "sqs",
    "GetQueueUrl": "sqs",
    "GetMetricData": "cloudwatch",
    "DescribeAlarms": "cloudwatch",
    "FilterLogEvents": "logs",
    "ListSubscriptionsByTopic": "sns",
    "GetTopicAttributes": "sns",
    "DescribeStateMachine": "states",
    "DescribeEventBus": "events",
}

# SNS' code first; the others begin or end so in all services.
_DENIED: Final = re.compile(r"AuthorizationError|AccessDenied|Unauthorized|NotAuthorized|KMSAccessDenied")
_GONE: Final = re.compile(r"NotFound|DoesNotExist|NonExistent")


def findings_of(check: Check) -> list[Finding]:
    """What the check found before it ended, and how it ended, if by an error: no check ends the others."""
    found: list[Finding] = []
    try:
        for finding in check.look():
            found.append(finding)  # noqa: PERF402 -- what was found before an error counts
    except (ClientError, BotoCoreError) as error:
        found.append(_unanswered(check.name, error))
    except ConfigurationError as error:
        found.append(Finding(check.name, State.bad, str(error)))
    except FailedError as error:
        found.append(Finding(check.name, State.unknown, str(error), "try again in a minute"))
    return found


def is_gone(error: ClientError) -> bool:
    """Whether AWS says that the thing is not there."""
    return bool(_GONE.search(error.response["Error"].get("Code", "")))


def _unanswered(check: str, error: ClientError | BotoCoreError) -> Finding:
    if isinstance(error, ClientError) and _DENIED.search(error.response["Error"].get("Code", "")):
        right = _right_of(error)
        told = f"AWS does not let you look: the right {right} is missing"
        return Finding(check, State.unknown, told, f"let your role have {right}")
    asked = error.operation_name if isinstance(error, ClientError) else "the question"
    return Finding(check, State.unknown, f"AWS does not answer {asked}: {reason_of(error)}", "try again in a minute")


def _right_of(error: ClientError) -> str:
    """By AWS' own words, for the right that is missing may be another service's: a key's, for a parameter."""
    if named := re.search(r"perform: ([a-z0-9-]+:\w+)", error.response["Error"].get("Message", "")):
        return named[1]
    return f"{RIGHTS.get(error.operation_name, '?')}:{error.operation_name}"
