"""Find the stack of the notifications beside a pipeline's. Only stages with `notifications: true` have one."""

from typing import TYPE_CHECKING, Final

from scripts.aws import emulator, mark, stack
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

SUFFIX: Final = f"-{mark.NOTIFICATIONS}"


def described_notifications(aws: Aws, pipeline: str) -> "StackTypeDef | None":
    """Return CloudFormation's description of the notifications stack of a pipeline, or None. Raise botocore's errors.

    A stack without outputs was never completed, and one without the mark of this part is somebody else's.
    """
    described = stack.describe(aws, pipeline + SUFFIX)
    is_ours = mark.part_of(stack.outputs_of(described)) == mark.NOTIFICATIONS
    return described if described and is_ours else None


def notifications_of(scope: StackContext) -> Stack | None:
    """Return the notifications stack of a pipeline, or None. Raise botocore's errors."""
    described = described_notifications(scope.aws, scope.stack.name)
    return Stack.of(described) if described else None


def required_notifications(scope: StackContext) -> Stack:
    """Return the notifications stack of a pipeline. Raise botocore's errors.

    Raise ConfigurationError without one, and RejectedError if the stack of that name is another one.
    """
    found = notifications_of(scope)
    if found:
        return found
    name = scope.stack.name + SUFFIX
    if described := stack.describe(scope.aws, name):
        mark.check(described, mark.NOTIFICATIONS)
    raise ConfigurationError(
        f"Stack {name} not found in {scope.region}, so the stage {scope.stage} has no notifications. Set "
        f"`notifications: true` for the stage in alma-webhooks.yaml, then: alma-webhooks deploy {scope.options}"
    )


def url_base(outputs: dict[str, str], endpoint_url: str | None) -> str:
    """Return the URL to which CHANNEL/TOPIC is appended; that of the emulator if `endpoint_url` is given."""
    if endpoint_url:
        return emulator.Emulator(endpoint_url).notification_url(outputs["ApiId"], "")
    return outputs["NotificationUrlBase"]


def log_groups_of_notifications(found: Stack) -> dict[str, str]:
    """Return the log groups of `producer` and `sender`. Raise ConfigurationError if the stack has no such output."""
    outputs = {"producer": "ProducerLogGroupName", "sender": "SenderLogGroupName"}
    return {log: found.output(name, "where a log is") for log, name in outputs.items()}
