"""Check the mark that identifies this product's stacks and retained resources.

A stack shows its mark in the output `Mark`. A stack without outputs was never completed, or has only imported retained
resources. Commands that change stacks read its mark from the metadata of its template.
"""

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws import stack
from scripts.aws.clients import Aws
from scripts.aws.template import load
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.project.part_models import BUILT_IN

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

PRODUCT: Final = "alma-webhooks"
PROJECT: Final = "alma-webhooks"
"""The project of a stack whose mark does not name one."""

PIPELINE: Final = "pipeline"
OBSERVABILITY: Final = "observability"
NOTIFICATIONS: Final = "notifications"
NAME: Final = "Mark"
"""The name of the output, and of the entry in a template's metadata."""

_TAG_PREFIX: Final = "alma-webhooks:"
_ADVICE: Final = {
    PIPELINE: "Pass --stack with the name of a pipeline of this project, or with an unused name to deploy one.",
    OBSERVABILITY: "The pipeline's alarms need this stack name: use another --stack.",
    NOTIFICATIONS: "The pipeline's notifications need this stack name: use another --stack.",
}
_ADVICE_ON_FURTHER: Final = "A further part of the project needs this stack name: use another --stack."


class Mark(NamedTuple):
    """The mark of a stack. The version is not checked."""

    product: str
    part: str
    project: str
    version: str


def check(described: "StackTypeDef", part: str, projects: Collection[str] = ()) -> None:
    """Raise RejectedError unless the stack's output shows the mark of this part, and one of these projects if any."""
    if not described.get("Outputs"):
        raise RejectedError(
            f"Stack {described['StackName']} ({described['StackStatus']}) has no outputs, so it does not carry the "
            f"mark of {PRODUCT}. {_ADVICE.get(part, _ADVICE_ON_FURTHER)}"
        )
    _judge(described["StackName"], _of(stack.outputs_of(described).get(NAME), {}), part, projects)


def project_of(outputs: Mapping[str, str]) -> str:
    """Return the project that the mark of a stack with these outputs names."""
    found = _of(outputs.get(NAME), {})
    return found.project if found else PROJECT


def check_before_change(aws: Aws, described: "StackTypeDef", part: str, projects: Collection[str] = ()) -> None:
    """Raise RejectedError unless the stack carries that mark, in any state of the stack."""
    if described.get("Outputs"):
        check(described, part, projects)
    else:
        found = _of(_metadata(aws, described), stack.parameters_of(described))
        _judge(described["StackName"], found, part, projects)


def tags(of_stack: str, project: str = PROJECT, part: str = PIPELINE) -> dict[str, str]:
    """Return the tags that the template of a part sets on retained resources."""
    values = {"product": PRODUCT, "part": part, "project": project, "stack": of_stack}
    return {f"{_TAG_PREFIX}{key}": value for key, value in values.items()}


def check_resource(kind: str, name: str, found: Mapping[str, str], expected: Mapping[str, str]) -> None:
    """Raise RejectedError unless a kept resource has the expected tags, those of this product, project and stack."""
    wrong = [key for key, value in expected.items() if found.get(key) != value]
    if wrong:
        of_stack = expected[f"{_TAG_PREFIX}stack"]
        raise RejectedError(
            f"The {kind} {name} exists, but its tags do not say that {PRODUCT} made it for the stack {of_stack} "
            f"(missing or different: {', '.join(wrong)}). Nothing was changed. Use another --stack, or, if it is yours "
            "to import, set these tags as docs/deploying.md shows."
        )


def product_version() -> str:
    """Return the version of this product, which its templates carry in their mark."""
    return str(load()["Metadata"][NAME]["version"])


def version_of(outputs: Mapping[str, str]) -> str:
    """Return the version that deployed a stack with these outputs, or an empty text."""
    found = _of(outputs.get(NAME), {})
    return found.version if found else ""


def part_of(outputs: Mapping[str, str]) -> str:
    """Return which part of a deployment a stack with these outputs is, or an empty text if it is not ours."""
    found = _of(outputs.get(NAME), {})
    return found.part if found and found.product == PRODUCT else ""


def part_of_template(template: Mapping[str, Any]) -> str:
    """Return which part the mark in a template's metadata names; the pipeline for one without a mark."""
    return str(template.get("Metadata", {}).get(NAME, {}).get("part", PIPELINE))


def is_further(template: Mapping[str, Any]) -> bool:
    """Return whether a template is that of a further part of a project."""
    return part_of_template(template) not in BUILT_IN


def _judge(name: str, found: Mark | None, part: str, projects: Collection[str]) -> None:
    advice = _ADVICE.get(part, _ADVICE_ON_FURTHER)
    if found is None or found.product != PRODUCT:
        problem = f"does not carry the mark of {PRODUCT}"
    elif found.part != part:
        problem = f"is the {found.part} stack of {PRODUCT}"
        pipeline = name.removesuffix(f"-{found.part}")
        advice = f"Name its pipeline stack: --stack {pipeline}." if part == PIPELINE and pipeline != name else advice
    elif projects and found.project not in projects:
        problem = f"belongs to the project {found.project} of {PRODUCT}, not to {next(iter(projects))}"
        advice = f"Use another --stack, or pass --take-over {found.project} to make it a stack of this project."
    else:
        return
    raise RejectedError(f"Stack {name} {problem}. Nothing was changed. {advice}")


def _of(shown: Any, parameters: Mapping[str, str]) -> Mark | None:
    """Return the mark in an output's text or a metadata entry, or None. Metadata does not name the project."""
    try:
        entry = json.loads(shown) if isinstance(shown, str) else shown
    except ValueError:
        return None
    if not isinstance(entry, dict):
        return None
    project = entry.get("project", parameters.get("Project", PROJECT))
    return Mark(str(entry.get("product")), str(entry.get("part")), str(project), str(entry.get("version", "")))


def _metadata(aws: Aws, described: "StackTypeDef") -> Any:
    """Return the mark in the metadata of the stack's own template, or None if it has none that can be read."""
    try:
        template = stack.template(aws, described["StackId"])
    except ClientError as error:
        if error.response["Error"].get("Code") != "ValidationError":
            raise
        return None  # a change set that was never executed has left a stack without a template
    except ConfigurationError:
        return None
    metadata = template.get("Metadata")
    return metadata.get(NAME) if isinstance(metadata, dict) else None
