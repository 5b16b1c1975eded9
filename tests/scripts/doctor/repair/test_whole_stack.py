"""Test that only the stacks of alma-webhooks are searched for faults."""

import pytest
from botocore.stub import Stubber

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import RejectedError
from scripts.doctor.repair.whole_stack import all_faults
from tests.scripts.deploy.stacks import mark_of
from tests.scripts.doctor.subjects import described


@pytest.mark.parametrize("shown", ["", mark_of("pipeline")])
def test_f55_a_foreign_stack_beside_the_pipeline_is_not_repaired(scope: StackContext, shown: str) -> None:
    """Both stacks are verified before any is searched; an unexpected call would fail the test."""
    name = scope.stack.name
    beside = f"{name}-observability"
    with Stubber(scope.aws.cloudformation) as stub:
        stub.add_response("describe_stacks", described(name), {"StackName": name})
        stub.add_response("describe_stacks", described(beside, Mark=shown), {"StackName": beside})
        with pytest.raises(RejectedError, match=f"^Stack {beside} (does not carry|is the pipeline)"):
            all_faults(scope)


def test_a_pipeline_without_alarm_stack_is_searched_alone(scope: StackContext) -> None:
    """The observability stack is optional."""
    name = scope.stack.name
    with Stubber(scope.aws.cloudformation) as stub:
        stub.add_response("describe_stacks", described(name))
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id x does not exist")
        asked = {"StackName": name, "TemplateStage": "Processed"}
        stub.add_response("get_template", {"TemplateBody": "Resources: {}"}, asked)
        stub.add_response("list_stack_resources", {"StackResourceSummaries": []}, {"StackName": name})
        assert all_faults(scope) == []
