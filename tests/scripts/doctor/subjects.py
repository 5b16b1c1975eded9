"""What the doctor's tests examine, and what a group of checks finds there."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from scripts.aws.context import StackContext
from scripts.doctor.finding import Check, Finding, Health, findings_of
from scripts.doctor.subject import DeployedStack, Subject
from scripts.routes.check import ROUTES
from tests.scripts.deploy.stacks import mark_of

NAME = "alma-webhooks-dev"
PREFIX = f"arn:aws:sns:us-east-1:123456789012:{NAME}-"

OK, WARNING, BAD, UNKNOWN = Health.ok, Health.warning, Health.unhealthy, Health.unknown


def subject_of(scope: StackContext, outputs: dict[str, str], **parameters: str) -> Subject:
    """The stack dev of a scope with more outputs, up, looked at now."""
    stack = scope.stack._replace(outputs=scope.stack.outputs | outputs)
    now = datetime.now(UTC)
    deployed = DeployedStack(NAME, "UPDATE_COMPLETE", parameters, stack.outputs)
    return Subject(scope._replace(stack=stack), deployed, ROUTES, now, now)


def found(checks: Callable[[Subject], Iterable[Check]], subject: Subject, name: str = "") -> list[Finding]:
    """What a group's checks find, or the one of this name."""
    return [finding for check in checks(subject) if name in {"", check.name} for finding in findings_of(check)]


def described(name: str, **outputs: str) -> dict[str, Any]:
    """CloudFormation's answer on a stack of the product, which part it is by its name."""
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
