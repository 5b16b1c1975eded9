"""What the doctor examines: a stack as CloudFormation describes it, and routes. Judges neither."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws import mark
from scripts.aws.clients import moment_of
from scripts.aws.context import StackContext
from scripts.cli.advice import Advice, Fix
from scripts.routes.judged_routes import JudgedRoutes, deploy_options, judged_routes

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


# A first deployment that failed or was not begun leaves a stack that holds nothing.
_NEVER_UP: Final = ("ROLLBACK_", "CREATE_FAILED", "REVIEW_", "DELETE_")


class Deployed(NamedTuple):
    """A stack as it was deployed last."""

    name: str
    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]

    @classmethod
    def of(cls, described: "StackTypeDef") -> "Deployed":
        """By DescribeStacks."""
        parameters = {one["ParameterKey"]: one.get("ParameterValue", "") for one in described.get("Parameters", [])}
        outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}
        return cls(described["StackName"], described["StackStatus"], parameters, outputs)


class Subject(NamedTuple):
    """A scope with its stack, the routes, and what the time was by this computer and by AWS at one moment.

    `routes` is the file to judge by, None for the deployed one.
    """

    scope: StackContext
    pipeline: Deployed
    routes: Path | None
    ours: datetime
    theirs: datetime

    def beside(self, name: str) -> Deployed | None:
        """The stack NAME that is up beside the pipeline's; None when there is none.

        Raises RejectedError when it is not the product's own stack, and botocore's errors.
        """
        try:
            answer = self.scope.aws.cloudformation.describe_stacks(StackName=f"{self.pipeline.name}-{name}")
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        found = Deployed.of(answer["Stacks"][0])
        if found.status.startswith(_NEVER_UP):
            return None
        mark.check(answer["Stacks"][0], name)
        return found

    def judged(self) -> JudgedRoutes:
        """Return the routes to judge by. Raises DeployedRoutesUnknownError, ConfigurationError."""
        return judged_routes(self.scope, self.routes)

    @property
    def deploying(self) -> Fix:
        """The fix for what the templates have and the stacks never got."""
        return Advice.deploy.text(options=deploy_options(self.scope))

    @property
    def fixing(self) -> Fix:
        """The fix for what was deleted or disabled by hand."""
        return Advice.doctor_fix.text(options=self.scope.options)


def open_subject(scope: StackContext, routes: Path | None) -> Subject:
    """Raises botocore's errors."""
    answer = scope.aws.cloudformation.describe_stacks(StackName=scope.stack.name)
    return Subject(scope, Deployed.of(answer["Stacks"][0]), routes, datetime.now(UTC), moment_of(answer))
