"""Describe the stacks of a deployment as they are, and check that they may be changed."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from scripts.aws import mark, stack
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.deploy.stack_deployer import NEVER_UP
from scripts.deploy.stack_part import PIPELINE_PART, StackPart

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def described(
    aws: Aws, name: str, stage: str, parts: Iterable[StackPart], advice: str = "", projects: Collection[str] = ()
) -> "dict[StackPart, StackTypeDef | None]":
    """Return these stacks of a deployment as they are.

    Raise RejectedError for a stack without our mark or of another project, and ConfigurationError for another stage.
    """
    found = {part: stack.describe(aws, name + part.suffix) for part in parts}
    for part, each in found.items():
        if each:
            mark.check_before_change(aws, each, part.mark, projects)
    is_of = stack.parameters_of(found[PIPELINE_PART]).get("Stage", stage)
    if is_of != stage:
        raise ConfigurationError(f"Stack {name} belongs to stage {is_of}, not {stage}: pass --stage {is_of}{advice}.")
    return found


def resources(aws: Aws, name: str) -> set[str]:
    """Return the logical ids of a stack's resources. A stack whose creation failed may lack retained resources."""
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        resource["LogicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceStatus"] != "DELETE_COMPLETE"
    }


def check_state(name: str, status: str) -> None:
    """Raise RejectedError if the stack cannot be changed in this state."""
    if status.endswith("_IN_PROGRESS") and status not in NEVER_UP:
        raise RejectedError(f"Stack {name} is being changed ({status}). Wait until that has finished.")
    if status.endswith("_FAILED"):
        raise RejectedError(f"Stack {name} is {status}. Fix it in the CloudFormation console first.")
