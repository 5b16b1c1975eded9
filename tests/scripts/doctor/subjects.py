"""Helpers that create a stack to check and run checks by name."""

from datetime import UTC, datetime
from typing import Any

from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.doctor.check import Finding, Health, Subject, findings_of
from scripts.doctor.checks import checks_of
from scripts.routes.check import ROUTES
from tests.scripts.deploy.stacks import mark_of

NAME = "alma-webhooks-dev"
PREFIX = f"arn:aws:sns:us-east-1:123456789012:{NAME}-"

OK, WARNING, UNHEALTHY, UNKNOWN = Health.ok, Health.warning, Health.unhealthy, Health.unknown


def subject_of(scope: StackContext, outputs: dict[str, str], **parameters: str) -> Subject:
    """Return the stack dev with more outputs, deployed, at the current time."""
    stack = scope.stack._replace(outputs=scope.stack.outputs | outputs)
    now = datetime.now(UTC)
    deployed = Stack(NAME, stack.outputs, parameters, "UPDATE_COMPLETE")
    return Subject(scope._replace(stack=stack), deployed, ROUTES, now, now)


def found(subject: Subject, *names: str) -> list[Finding]:
    """Run the checks with these names, in the order of the report."""
    checks = [check for check in checks_of(subject) if check.name in names]
    assert checks
    return [finding for check in checks for finding in findings_of(check, subject)]


def described(name: str, **outputs: str) -> dict[str, Any]:
    """Return the response of CloudFormation for a stack of alma-webhooks."""
    part = "observability" if name.endswith("-observability") else "pipeline"
    outputs = {"Mark": mark_of(part), **outputs}
    return {
        "Stacks": [
            {
                "StackName": name,
                "StackStatus": "CREATE_COMPLETE",
                "CreationTime": datetime.now(UTC),
                "Parameters": [{"ParameterKey": "Stage", "ParameterValue": "dev"}],
                "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
            }
        ],
        "ResponseMetadata": {"HTTPHeaders": {}},
    }
