"""Test that a check that is denied access or gets no answer is unknown and names the missing right."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from scripts.aws.context import StackContext
from scripts.aws.errors import RIGHTS, is_gone
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.doctor.check import Check, Finding, Health, Subject, findings_of, ok, open_subject
from scripts.routes.check import ROUTES
from tests.scripts.deploy.stacks import mark_of
from tests.scripts.doctor.subjects import NAME, described

_NO_SUBJECT: Any = None

MISSING = "Stack with id x does not exist"


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
        (ConfigurationError("The stack has no output."), Health.unhealthy, "The stack has no output."),
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


def test_a_subject_has_the_deployed_stack_and_the_time_of_aws(scope: StackContext) -> None:
    """The time of AWS is the date of the response. There are no notifications."""
    answer = described(NAME, Topics="one")
    answer["ResponseMetadata"] = {"HTTPHeaders": {"date": "Tue, 24 Nov 2026 12:00:00 GMT"}}
    with Stubber(scope.aws.cloudformation) as stub:
        stub.add_response("describe_stacks", answer, {"StackName": NAME})
        stub.add_client_error("describe_stacks", "ValidationError", MISSING)
        subject = open_subject(scope, ROUTES)
    assert subject.aws_time == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert abs((datetime.now(UTC) - subject.local_time).total_seconds()) < 60
    assert (subject.pipeline.name, subject.pipeline.status) == (NAME, "CREATE_COMPLETE")
    assert (subject.pipeline.parameters, subject.pipeline.outputs) == (
        {"Stage": "dev"},
        {"Mark": mark_of(), "Topics": "one"},
    )


def test_f55_a_foreign_stack_beside_it_is_rejected(scope: StackContext) -> None:
    """Its outputs are not trusted, even if it carries the mark of the pipeline."""
    with Stubber(scope.aws.cloudformation) as stub:
        stub.add_response("describe_stacks", described(NAME))
        stub.add_client_error("describe_stacks", "ValidationError", MISSING)
        subject = open_subject(scope, ROUTES)
        for shown in ("", mark_of("pipeline")):
            stub.add_response("describe_stacks", described(f"{NAME}-observability", Mark=shown))
            with pytest.raises(RejectedError, match=f"^Stack {NAME}-observability (does not carry|is the pipeline)"):
                subject.sibling("observability")


def test_the_observability_stack_may_be_missing(scope: StackContext) -> None:
    """A missing stack is None; denied access is an error."""
    with Stubber(scope.aws.cloudformation) as stub:
        stub.add_response("describe_stacks", described(NAME))
        stub.add_client_error("describe_stacks", "ValidationError", MISSING)
        subject = open_subject(scope, ROUTES)
        beside = {"StackName": f"{NAME}-observability"}
        stub.add_response("describe_stacks", described(beside["StackName"], AlarmTopicArn="a"), beside)
        there = subject.sibling("observability")
        assert there
        assert there.outputs["AlarmTopicArn"] == "a"
        stub.add_client_error("describe_stacks", "ValidationError", MISSING)
        assert subject.sibling("observability") is None
        failed = described(beside["StackName"])
        failed["Stacks"][0]["StackStatus"] = "ROLLBACK_COMPLETE"  # the creation failed: the stack is empty
        stub.add_response("describe_stacks", failed)
        assert subject.sibling("observability") is None
        failed["Stacks"][0]["StackStatus"] = (
            "UPDATE_ROLLBACK_COMPLETE"  # an update failed: the resources are still there
        )
        stub.add_response("describe_stacks", failed)
        assert subject.sibling("observability")
        stub.add_client_error("describe_stacks", "AccessDenied", "not authorized")
        with pytest.raises(ClientError, match="AccessDenied"):
            subject.sibling("observability")
