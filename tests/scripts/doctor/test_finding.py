"""Test that a check that is denied access or gets no answer is unknown and names the missing right."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from scripts.aws.errors import RIGHTS, is_gone
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.doctor.finding import Check, Finding, Health, findings_of, ok
from scripts.doctor.subject import Subject

_NO_SUBJECT: Any = None


def client_error(code: str, message: str = "", operation: str = "GetQueueAttributes") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def ended_by(error: Exception) -> Finding:
    def look(_: Subject) -> Iterator[Finding]:
        yield ok("one thing was seen before")
        raise error

    before, after = findings_of(Check("queue", look), _NO_SUBJECT)
    assert (before.check, after.check) == ("queue", "queue")
    assert before.message == "one thing was seen before"
    return after


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "AuthorizationError", "KMSAccessDenied"])
def test_denied_access_is_unknown_and_names_the_missing_right(code: str) -> None:
    """Each service has its own error code; the operation names the right if AWS does not."""
    finding = ended_by(client_error(code))
    assert (finding.state, finding.fix) == (Health.unknown, "grant your role sqs:GetQueueAttributes")


def test_the_right_named_by_aws_is_preferred() -> None:
    """For example, the key of a parameter may be the one that is denied."""
    message = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: kms:Decrypt on resource: k"
    assert (
        ended_by(client_error("AccessDeniedException", message, "GetParameters")).fix == "grant your role kms:Decrypt"
    )


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        (
            client_error("Throttling", "Rate exceeded"),
            Health.unknown,
            "AWS did not answer GetQueueAttributes: Throttling",
        ),
        (
            EndpointConnectionError(endpoint_url="https://x.invalid/"),
            Health.unknown,
            "AWS did not answer the request",
        ),
        (FailedError("CloudWatch answers PartialData."), Health.unknown, "CloudWatch answers PartialData."),
        (ConfigurationError("The stack does not tell."), Health.unhealthy, "The stack does not tell."),
    ],
)
def test_no_answer_is_unknown_and_an_old_stack_is_unhealthy(error: Exception, state: Health, message: str) -> None:
    """The error becomes a finding, and the other checks go on."""
    finding = ended_by(error)
    assert finding.state is state
    assert finding.message.startswith(message)


def test_an_unexpected_error_is_raised() -> None:
    """A bug in a check is not reported as a finding."""
    with pytest.raises(ZeroDivisionError):
        ended_by(ZeroDivisionError())


@pytest.mark.parametrize(
    "code",
    ["NotFound", "StateMachineDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "ResourceNotFoundException"],
)
def test_a_missing_resource_is_recognized_by_the_code_of_each_service(code: str) -> None:
    """It is not confused with missing rights."""
    assert is_gone(client_error(code))
    assert not is_gone(client_error("AccessDenied"))
    assert set(RIGHTS) > {"DescribeAlarms", "GetQueueUrl"}
