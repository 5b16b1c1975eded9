"""The parts of a deployment that only some stages have: the notifications."""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from scripts.aws import mark, stack
from scripts.aws.clients import Aws
from scripts.aws.notifications_stack import url_base
from scripts.aws.template import NOTIFICATIONS
from scripts.cli.exit_codes import RejectedError
from scripts.deploy import stack_deployer
from scripts.deploy.stack_deployer import StackPart, StackResult
from scripts.project.models import StageSettings

NOTIFICATIONS_PART: Final = StackPart(f"-{mark.NOTIFICATIONS}", NOTIFICATIONS, mark.NOTIFICATIONS)

OPTIONAL: Final = (NOTIFICATIONS_PART,)


def wanted(settings: StageSettings) -> tuple[StackPart, ...]:
    """Return the parts that a stage asks for, in the order of deployment."""
    return (*stack_deployer.PARTS, *(OPTIONAL if settings.notifications else ()))


def possible() -> tuple[StackPart, ...]:
    """Return every part that a deployment can have, in the order of deployment."""
    return (*stack_deployer.PARTS, *OPTIONAL)


def deployed(aws: Aws, name: str, projects: Collection[str]) -> tuple[StackPart, ...]:
    """Return the parts of a deployment, of the optional ones those with a stack. A foreign stack is not one."""
    return (*stack_deployer.PARTS, *(part for part in OPTIONAL if _is_there(aws, name, part, projects)))


def notifications_data(
    done: Iterable[StackResult], endpoint_url: str | None, command: Callable[[str], str]
) -> dict[str, str] | None:
    """Return where notifications are posted, and the commands for topics and API key; None without notifications.

    `command` returns a command with the flags that select the stack.
    """
    found = next((each.outputs for each in done if mark.part_of(each.outputs) == mark.NOTIFICATIONS), None)
    if found is None:
        return None
    return {
        "url_base": url_base(found, endpoint_url),
        "topics": command("topics apply"),
        "api_key": command("topics api-key create"),
    }


def _is_there(aws: Aws, name: str, part: StackPart, projects: Collection[str]) -> bool:
    described = stack.describe(aws, name + part.suffix)
    if described is None:
        return False
    try:
        mark.check_before_change(aws, described, part.mark, projects)
    except RejectedError:
        return False
    return True
