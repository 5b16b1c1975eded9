"""Plan a deployment: check the project, the templates and the stacks, and build the code. Changes nothing."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from scripts.aws import parameters, stack
from scripts.aws.address import Address
from scripts.aws.clients import Aws
from scripts.aws.context import check_account
from scripts.aws.template import PIPELINE, load
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import (
    destruction,
    differences,
    existing,
    optional_parts,
    planned_build,
    removal_finder,
    retained,
    template_limits,
)
from scripts.deploy.cost import cost_change
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.desired import DesiredStack, desired
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.retained import Place
from scripts.deploy.stack_name import checked_name
from scripts.deploy.stack_part import StackPart
from scripts.project.folder import Project
from scripts.routes.checked_routes import check_strictly

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def plan(aws: Aws, address: Address, options: DeploymentOptions) -> DeploymentPlan:
    """Check everything and build the zips. Raise ConfigurationError or RejectedError for the first problem."""
    stage, project = address.stage, address.needed_project
    parts = optional_parts.wanted(project, stage)
    templates = [part.load() for part in parts]
    place = Place.of(aws, checked_name(address.stack), project.file.name)
    check_account(aws, address)
    wanted = desired(project, stage, place, templates, options.parameters, partial(_ssm_value, aws))
    _check(wanted, is_strict=options.strict)
    expanded = wanted.expanded(parts, templates)
    projects = (place.project, *([options.take_over] if options.take_over else []))
    described = _described(aws, place, stage, parts, projects)
    unwanted = destruction.of_unwanted(aws, place, stage, described[place.stack], parts, projects)
    removals = removal_finder.find(aws, list(described.values()), templates, wanted, options.allow_removal)
    removals = removals.with_parts(place.stack, unwanted.names if unwanted else ())
    if not options.dry_run:
        removals.check()
        if unwanted:
            unwanted.check()
    planned = planned_build.built(aws, place, address, options, wanted, parts)
    _check_parts(planned, expanded, project)
    changed = (
        *differences.find(aws, list(described.values()), templates, planned.values, wanted),
        *differences.of_code(planned.parts, list(described.values())),
        *differences.of_templates(aws, described, expanded),
    )
    is_new = not stack.outputs_of(described[place.stack])
    costs = cost_change(templates, wanted, list(described.values()))
    planned = planned._replace(unwanted=unwanted, projects=projects, is_new=is_new)
    return planned._replace(removals=removals, differences=changed, costs=costs)


def _check_parts(planned: DeploymentPlan, expanded: Sequence[dict[str, Any]], project: Project) -> None:
    """Check each template as it is sent: later its stack would fail, after those before it were changed."""
    first = expanded[0]["Outputs"]
    for part, template in zip(planned.parts, expanded, strict=True):
        chosen = part.chosen(planned.values, {})
        place = planned.place._replace(stack=planned.place.stack + part.suffix)
        template_limits.check(template, chosen, place)
        retained.of(template, place)
        if part.is_further and (missing := parameters.without_value(template, {*chosen, *first})):
            raise ConfigurationError(
                f"The parameter {missing[0]} of {part.template} has no value. Set it under "
                f"stages.{planned.stage}.parameters in {project.path}, or give it a default."
            )


def _ssm_value(aws: Aws, name: str) -> str:
    for found in aws.ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]:
        return found["Value"]
    raise ConfigurationError(
        f"The SSM parameter {name}, which alma-webhooks.yaml refers to, does not exist in this account and region."
    )


def _described(
    aws: Aws, place: Place, stage: str, parts: Collection[StackPart], projects: Collection[str]
) -> "dict[str, StackTypeDef | None]":
    """Return the stacks as they are, by name, the pipeline's first. Raise RejectedError or ConfigurationError."""
    described = existing.described(aws, place.stack, stage, parts, " or --stack", projects)
    for part, found in described.items():
        if found:
            existing.check_state(found["StackName"], found["StackStatus"])
        else:
            retained.found(aws, part.load(), place._replace(stack=place.stack + part.suffix))
    return {place.stack + part.suffix: found for part, found in described.items()}


def _check(wanted: DesiredStack, *, is_strict: bool) -> None:
    """Raise ConfigurationError for values that do not fit, and if `is_strict` for warnings about the routes.

    AWS would report such values only halfway through the stack's creation.
    """
    pipeline, values = load(PIPELINE), wanted.values
    visibility, timeout = (
        float(parameters.in_force(name, pipeline, values)) for name in ("VisibilityTimeout", "ProcessorTimeout")
    )
    if visibility < timeout:
        raise ConfigurationError(
            f"The parameter VisibilityTimeout ({visibility:g}) must not be less than ProcessorTimeout ({timeout:g}): "
            "AWS rejects that. Six times ProcessorTimeout is recommended."
        )
    if values.get("DomainName") and not values.get("CertificateArn"):
        raise ConfigurationError("The parameter DomainName needs CertificateArn.")
    if is_strict:
        check_strictly(wanted.routes_path, wanted.warnings)
