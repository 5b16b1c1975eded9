"""Describe what the doctor checks: a stack as CloudFormation knows it, and its routes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from scripts.aws import mark, stack
from scripts.aws.clients import moment_of
from scripts.aws.context import StackContext
from scripts.cli.advice import Advice, Fix
from scripts.routes.judged_routes import JudgedRoutes, deploy_options, judged_routes

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


# A first deployment that failed or never started leaves a stack without resources.
_NEVER_DEPLOYED: Final = ("ROLLBACK_", "CREATE_FAILED", "REVIEW_", "DELETE_")


class DeployedStack(NamedTuple):
    """A stack as it was last deployed."""

    name: str
    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]

    @classmethod
    def of(cls, described: "StackTypeDef") -> "DeployedStack":
        """Convert a stack from the response of DescribeStacks."""
        parameters, outputs = stack.parameters_of(described), stack.outputs_of(described)
        return cls(described["StackName"], described["StackStatus"], parameters, outputs)


class Subject(NamedTuple):
    """A stack with its routes, and the time by the local clock and by AWS at the same moment.

    `routes` is the routes file to check, or None for the deployed one.
    """

    scope: StackContext
    pipeline: DeployedStack
    routes: Path | None
    local_time: datetime
    aws_time: datetime

    def sibling(self, name: str) -> DeployedStack | None:
        """Return the stack `<pipeline>-<name>`, or None if it is not deployed.

        Raise RejectedError if it is not a stack of alma-webhooks, and botocore's errors.
        """
        described = stack.describe(self.scope.aws, f"{self.pipeline.name}-{name}")
        if described is None or described["StackStatus"].startswith(_NEVER_DEPLOYED):
            return None
        mark.check(described, name)
        return DeployedStack.of(described)

    def loaded_routes(self) -> JudgedRoutes:
        """Return the routes to check. Raise DeployedRoutesUnknownError or ConfigurationError."""
        return judged_routes(self.scope, self.routes)

    @property
    def deploy_fix(self) -> Fix:
        """The fix for resources that the templates have but that were never deployed."""
        return Advice.deploy.text(options=deploy_options(self.scope))

    @property
    def repair_fix(self) -> Fix:
        """The fix for resources deleted or disabled by hand."""
        return Advice.doctor_fix.text(options=self.scope.options)


def open_subject(scope: StackContext, routes: Path | None) -> Subject:
    """Describe the stack. Raise botocore's errors."""
    answer = scope.aws.cloudformation.describe_stacks(StackName=scope.stack.name)
    return Subject(scope, DeployedStack.of(answer["Stacks"][0]), routes, datetime.now(UTC), moment_of(answer))
