"""How a check ends that may not look, or gets no answer: unknown, with what is missing; and the others go on."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from scripts.aws.errors import RIGHTS, is_gone
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.doctor.finding import Check, Finding, Health, findings_of


def refused(code: str, message: str = "", operation: str = "GetQueueAttributes") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def ended_by(error: Exception) -> Finding:
    def look() -> Iterator[Finding]:
        yield Finding("queue", Health.ok, "one thing was seen before")
        raise error

    before, after = findings_of(Check("queue", look))
    assert before.message == "one thing was seen before"
    return after


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "AuthorizationError", "KMSAccessDenied"])
def test_what_may_not_be_read_is_unknown_with_the_right_that_is_missing(code: str) -> None:
    """Each service has its own code for it; the operation tells the right where AWS does not."""
    finding = ended_by(refused(code))
    assert (finding.state, finding.fix) == (Health.unknown, "grant your role sqs:GetQueueAttributes")


def test_aws_own_word_on_the_right_counts_more() -> None:
    """A parameter's key can be what may not be used."""
    message = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: kms:Decrypt on resource: k"
    assert ended_by(refused("AccessDeniedException", message, "GetParameters")).fix == "grant your role kms:Decrypt"


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        (refused("Throttling", "Rate exceeded"), Health.unknown, "AWS does not answer GetQueueAttributes: Throttling"),
        (
            EndpointConnectionError(endpoint_url="https://x.invalid/"),
            Health.unknown,
            "AWS does not answer the question",
        ),
        (FailedError("CloudWatch answers PartialData."), Health.unknown, "CloudWatch answers PartialData."),
        (ConfigurationError("The stack does not tell."), Health.unhealthy, "The stack does not tell."),
    ],
)
def test_what_gets_no_answer_is_unknown_and_an_old_stack_is_bad(error: Exception, state: Health, message: str) -> None:
    """A check's end is a finding too; it ends no other."""
    finding = ended_by(error)
    assert finding.state is state
    assert finding.message.startswith(message)


def test_what_nobody_foresaw_is_not_hidden() -> None:
    """A fault of a check is a fault, not a finding."""
    with pytest.raises(ZeroDivisionError):
        ended_by(ZeroDivisionError())


@pytest.mark.parametrize(
    "code",
    ["NotFound", "StateMachineDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "ResourceNotFoundException"],
)
def test_what_is_not_there_is_known_by_each_services_code(code: str) -> None:
    """And is no matter of rights."""
    assert is_gone(refused(code))
    assert not is_gone(refused("AccessDenied"))
    assert set(RIGHTS) > {"DescribeAlarms", "GetQueueUrl"}
