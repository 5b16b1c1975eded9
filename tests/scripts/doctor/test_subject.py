"""Test how the stacks are read from CloudFormation."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import RejectedError
from scripts.doctor.subject import open_subject
from scripts.routes.check import ROUTES
from tests.scripts.deploy.stacks import mark_of
from tests.scripts.doctor.subjects import NAME, described


def test_a_subject_has_the_deployed_stack_and_the_time_of_aws(scope: StackContext) -> None:
    """The time of AWS is the date of the response."""
    answer = described(NAME, Topics="one")
    answer["ResponseMetadata"] = {"HTTPHeaders": {"date": "Tue, 24 Nov 2026 12:00:00 GMT"}}
    with Stubber(scope.aws.cloudformation) as stub:
        stub.add_response("describe_stacks", answer, {"StackName": NAME})
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
        subject = open_subject(scope, ROUTES)
        for shown in ("", mark_of("pipeline")):
            stub.add_response("describe_stacks", described(f"{NAME}-observability", Mark=shown))
            with pytest.raises(RejectedError, match=f"^Stack {NAME}-observability (does not carry|is the pipeline)"):
                subject.sibling("observability")


def test_the_observability_stack_may_be_missing(scope: StackContext) -> None:
    """A missing stack is None; denied access is an error."""
    with Stubber(scope.aws.cloudformation) as stub:
        stub.add_response("describe_stacks", described(NAME))
        subject = open_subject(scope, ROUTES)
        beside = {"StackName": f"{NAME}-observability"}
        stub.add_response("describe_stacks", described(beside["StackName"], AlarmTopicArn="a"), beside)
        there = subject.sibling("observability")
        assert there
        assert there.outputs["AlarmTopicArn"] == "a"
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id x does not exist")
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
