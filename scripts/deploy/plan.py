"""Plan a deployment: check the project, the templates and the stacks, and build the code. Changes nothing."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ingest import heartbeat
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
    listeners,
    optional_parts,
    package,
    removal_finder,
    retained,
    stack_deployer,
    template_limits,
)
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.cost import cost_change
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.desired import FIXED, DesiredStack, desired
from scripts.deploy.destruction import Destruction
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.removals import Removals
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import StackPart
from scripts.deploy.stack_name import checked_name
from scripts.routes.checked_routes import check_strictly, warning_lines
from scripts.secret.store import retired_profiles

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def plan(aws: Aws, address: Address, options: DeploymentOptions) -> DeploymentPlan:
    """Check everything and build the zips. Raise ConfigurationError or RejectedError for the first problem."""
    stage, project = address.stage, address.needed_project
    parts = optional_parts.wanted(project.settings(stage))
    templates = [load(part.template) for part in parts]
    place = Place.of(aws, checked_name(address.stack), project.file.name)
    check_account(aws, address)
    fixed, flags = not_chosen(templates), options.parameters
    wanted = desired(project, stage, place, templates, fixed, flags, partial(_ssm_value, aws))
    _check(wanted, options)
    expanded = _expanded(templates, wanted)
    projects = (place.project, *([options.take_over] if options.take_over else []))
    described = _described(aws, place, stage, parts, projects)
    unwanted = destruction.of_unwanted(aws, place, stage, parts, projects)
    removals = removal_finder.find(aws, list(described.values()), templates, wanted, options.allow_removal)
    removals = removals.with_parts(unwanted.names if unwanted else ())
    if not options.dry_run:
        _check_removals(removals, unwanted)
    planned = _built(aws, place, stage, options, wanted, parts)
    for part, template in zip(parts, expanded, strict=True):
        template_limits.check(place.stack + part.suffix, template, planned.values, place)
    changed = (
        *differences.find(aws, list(described.values()), templates, planned.values, wanted),
        *differences.of_templates(aws, described, expanded),
    )
    is_new = not stack.outputs_of(described[place.stack])
    costs = cost_change(templates, wanted, list(described.values()))
    planned = planned._replace(unwanted=unwanted, projects=projects, is_new=is_new)
    return planned._replace(removals=removals, differences=changed, costs=costs)


def _expanded(templates: Sequence[parameters.TemplateBody], wanted: DesiredStack) -> list[dict[str, Any]]:
    values = {**wanted.values, "AlmaProfiles": wanted.values["Profiles"]}  # which the alarms get as an output
    return [
        stack_deployer.expanded_with(each, values, wanted.state_machines, wanted.substitutions) for each in templates
    ]


def _check_removals(removals: Removals, unwanted: Destruction | None) -> None:
    """Raise RejectedError for a removal that is not allowed, or if a stack that is to be deleted holds messages."""
    removals.check()
    if unwanted:
        unwanted.check()


def _built(
    aws: Aws, place: Place, stage: str, options: DeploymentOptions, wanted: DesiredStack, parts: tuple[StackPart, ...]
) -> DeploymentPlan:
    """Return the plan with the zips and all parameters, but without what it changes."""
    artefacts = Artefacts(aws, place.account, place.region)
    artefacts.exists()
    profiles = [heartbeat.PROFILE, *parameters.listed(wanted.values["Profiles"])]
    without_secret = listeners.without_secret(aws.ssm, stage, profiles)
    target = _target(aws, options, wanted)
    packages = package.build_both(target, wanted.routes_path)
    if optional_parts.NOTIFICATIONS_PART in parts:
        packages.append(package.build_notifications(target))
    values = {**wanted.values, **_fixed(aws, stage, profiles, artefacts.bucket, place), **package.names(packages)}
    return DeploymentPlan(
        place,
        stage,
        values,
        profiles,
        without_secret,
        packages,
        artefacts,
        abandon_data=options.abandon_data,
        state_machines=wanted.state_machines,
        substitutions=wanted.substitutions,
        built_for=target,
        warnings=tuple(warning_lines(wanted.routes_path, wanted.warnings)),
        parts=parts,
    )


def _ssm_value(aws: Aws, name: str) -> str:
    for found in aws.ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]:
        return found["Value"]
    raise ConfigurationError(
        f"The SSM parameter {name}, which alma-webhooks.yaml refers to, does not exist in this account and region."
    )


def _fixed(aws: Aws, stage: str, profiles: Collection[str], bucket: str, place: Place) -> dict[str, str]:
    return {
        "Stage": stage,
        "RetiredProfiles": ",".join(retired_profiles(aws.ssm, stage, profiles)),
        "CodeBucket": bucket,
        "Project": place.project,
        "Emulated": str(bool(aws.endpoint_url)).lower(),
        "AlarmStack": place.stack + stack_deployer.OBSERVABILITY_PART.suffix,
    }


def not_chosen(templates: Sequence[parameters.TemplateBody]) -> set[str]:
    """Return the parameters that the command sets, and those that a later stack takes from the first one's outputs."""
    first, *later = templates
    taken = {name for template in later for name in template["Parameters"] if name in first["Outputs"]}
    return {*FIXED, *taken - set(first["Parameters"])}


def _described(
    aws: Aws, place: Place, stage: str, parts: Collection[StackPart], projects: Collection[str]
) -> "dict[str, StackTypeDef | None]":
    """Return the stacks as they are, by name, the pipeline's first. Raise RejectedError or ConfigurationError."""
    described = existing.described(aws, place.stack, stage, parts, " or --stack", projects)
    for part, found in described.items():
        if found:
            existing.check_state(found["StackName"], found["StackStatus"])
        else:
            retained.found(aws, load(part.template), place._replace(stack=place.stack + part.suffix))
    return {place.stack + part.suffix: found for part, found in described.items()}


def _check(wanted: DesiredStack, options: DeploymentOptions) -> None:
    """Raise ConfigurationError for values that do not fit, and with --strict for warnings about the routes."""
    _check_values(wanted.values)
    if options.strict:
        check_strictly(wanted.routes_path, wanted.warnings)


def _check_values(values: Mapping[str, str]) -> None:
    """Check the rules between values that AWS would report only halfway through the stack's creation."""
    pipeline = load(PIPELINE)
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


def _target(aws: Aws, options: DeploymentOptions, wanted: DesiredStack) -> package.ForLambda | None:
    """Return what the zips are built for: Lambda, with Sentry's package if it is used, or None for the emulator."""
    if aws.endpoint_url:
        return None
    architecture, runtime = (
        parameters.in_force(name, load(PIPELINE), wanted.values) for name in ("Architecture", "Runtime")
    )
    with_sentry, version = bool(wanted.values.get("SentryDsn")), runtime.removeprefix("python")
    return package.for_lambda(architecture, options.python, with_sentry=with_sentry, version=version)
