"""Find the notifications stack of a pipeline, which has the pipeline's name and a suffix."""

from typing import Final

from scripts.aws import emulator, mark, stack
from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError

SUFFIX: Final = f"-{mark.NOTIFICATIONS}"


def notifications_of(scope: StackContext) -> Stack:
    """Return the notifications stack beside a pipeline's. Raise ConfigurationError without one, RejectedError.

    RejectedError is for a stack of this name that is another one.
    """
    name = scope.stack.name + SUFFIX
    described = stack.describe(scope.aws, name)
    if described is None:
        raise ConfigurationError(
            f"Stack {name} not found in {scope.region}, so the stage {scope.stage} has no notifications. Set "
            f"`notifications: true` for the stage in alma-webhooks.yaml, then: alma-webhooks deploy {scope.options}"
        )
    mark.check(described, mark.NOTIFICATIONS)
    return Stack(name, stack.outputs_of(described), stack.parameters_of(described))


def url_base(outputs: dict[str, str], endpoint_url: str | None) -> str:
    """Return the URL to which CHANNEL/TOPIC is appended; that of the emulator if `endpoint_url` is given."""
    if endpoint_url:
        return emulator.Emulator(endpoint_url).notification_url(outputs["ApiId"], "")
    return outputs["NotificationUrlBase"]
