"""The parts of a deployment that not each has: the notifications, and the further parts of its project."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scripts.aws import mark, part_files, stack
from scripts.aws.clients import Aws
from scripts.aws.notifications_stack import url_base
from scripts.aws.part_stacks import part_names
from scripts.aws.template import NOTIFICATIONS
from scripts.cli.exit_codes import RejectedError
from scripts.deploy import stack_deployer
from scripts.deploy.stack_deployer import StackResult
from scripts.deploy.stack_part import StackPart, further
from scripts.project.folder import Project

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

NOTIFICATIONS_PART: Final = StackPart(f"-{mark.NOTIFICATIONS}", NOTIFICATIONS, mark.NOTIFICATIONS)

OPTIONAL: Final = (NOTIFICATIONS_PART,)


def wanted(project: Project, stage: str) -> tuple[StackPart, ...]:
    """Return the parts that a stage of a project asks for, in the order of deployment.

    Raise ConfigurationError if the files of a further part are missing or contradict the project.
    """
    part_files.check(project)
    notifications = OPTIONAL if project.settings(stage).notifications else ()
    return (*stack_deployer.PARTS, *notifications, *further(project))


def possible() -> tuple[StackPart, ...]:
    """Return every part of the product that a deployment can have, in the order of deployment."""
    return (*stack_deployer.PARTS, *OPTIONAL)


def deployed(aws: Aws, name: str, projects: Collection[str]) -> tuple[StackPart, ...]:
    """Return the product's parts of a deployment, optional ones only with a stack. A foreign stack is not one."""
    return (*stack_deployer.PARTS, *(part for part in OPTIONAL if _found(aws, name, part, projects)))


def further_names(pipeline: "StackTypeDef | None") -> list[str]:
    """Return the names of the further parts that a described pipeline says it has."""
    return part_names(stack.outputs_of(pipeline))


def further_deployed(
    aws: Aws, name: str, parts: Iterable[str], projects: Collection[str]
) -> "dict[StackPart, StackTypeDef]":
    """Return those of the named further parts that have a stack, as it is. A foreign stack is not one."""
    known = [StackPart(f"-{each}", Path(), each) for each in parts]
    found = {part: _found(aws, name, part, projects) for part in known}
    return {part: described for part, described in found.items() if described}


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


def _found(aws: Aws, name: str, part: StackPart, projects: Collection[str]) -> "StackTypeDef | None":
    described = stack.describe(aws, name + part.suffix)
    try:
        if described:
            mark.check_before_change(aws, described, part.mark, projects)
    except RejectedError:
        return None
    return described
