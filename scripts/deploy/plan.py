"""Plan a deployment: check the options, the templates and the stacks, and build the code. Changes nothing."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ingest import heartbeat
from scripts.aws import mark, parameters, stack
from scripts.aws.clients import Aws
from scripts.aws.template import PIPELINE, load
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import expansion, listeners, package, removal_finder, retained, stack_deployer
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.removals import Removals
from scripts.deploy.retained import Place
from scripts.routes.check import check_deployable, permissions
from scripts.routes.judged_routes import RoutesFileCopy
from scripts.secret.store import retired_profiles

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

FIXED: Final = (
    *("Stage", "RetiredProfiles", "CodeBucket", "IngestCodeKey", "ProcessorCodeKey", "RoutesDigest"),
    *("Emulated", "Project"),
)
"""Parameters that the command sets."""

# Outputs of the pipeline that the alarms' template loops over, and the parameter that each repeats.
_LIST_OUTPUTS: Final = {"AlmaProfiles": "Profiles"}

# The bucket of large bodies is called STACK-ACCOUNT-REGION, in lower case and in 63 characters at most ("General
# purpose bucket naming rules", Amazon S3 User Guide): so much is left in the regions with the longest names.
_LONGEST_STACK: Final = 35


class DeploymentPlan(NamedTuple):
    """A deployment that passed all checks. `values` are the parameters set by the user or the command."""

    place: Place
    stage: str
    values: dict[str, str]
    profiles: list[str]
    without_secret: list[str]
    packages: list[package.Package]
    artefacts: Artefacts
    removals: Removals = Removals()
    abandon_data: bool = False

    @property
    def routes(self) -> RoutesFileCopy:
        """The routes file in the processor's zip."""
        return package.routes_in(self.packages)

    @property
    def facts(self) -> dict[str, str]:
        """Account, region, stage and stack."""
        return {
            "account": self.place.account,
            "region": self.place.region,
            "stage": self.stage,
            "stack": self.place.stack,
        }


def plan(aws: Aws, options: DeploymentOptions) -> DeploymentPlan:
    """Check everything and build the zips. Raise ConfigurationError or RejectedError for the first problem."""
    name = stack_name(options.stage, options.stack)
    options.check()
    templates = [load(part.template) for part in stack_deployer.PARTS]
    parameters.check(options.parameters, not_chosen(templates), templates)
    place = Place(name, aws.sts.get_caller_identity()["Account"], aws.cloudformation.meta.region_name)
    described = _described(aws, place, options.stage)
    before = described[0]
    chosen = chosen_parameters(options, before)
    _check_loops(chosen, before)
    _check_times(chosen, before)
    _check_routes(options.routes, chosen, expansion.values_before(load(PIPELINE), before))
    artefacts = Artefacts(aws, place.account, place.region)
    artefacts.exists()
    removals = removal_finder.find(aws, described, templates, chosen, options.routes, options.allow_removal)
    removals.check()
    profiles = [heartbeat.PROFILE, *parameters.listed(_in_force("Profiles", chosen, before))]
    without_secret = listeners.without_secret(aws.ssm, options.stage, profiles)
    packages = _packages(aws, options, chosen, before)
    values = {**chosen, **_fixed(aws, options.stage, profiles, artefacts.bucket), **package.names(packages)}
    return DeploymentPlan(
        place, options.stage, values, profiles, without_secret, packages, artefacts, removals, options.abandon_data
    )


def chosen_parameters(options: DeploymentOptions, before: "StackTypeDef | None") -> dict[str, str]:
    """Return the parameters that the user chose. Profiles are added to those that the stack serves."""
    chosen = options.parameters
    if "Profiles" in chosen:
        served = parameters.listed(chosen["Profiles"])
    elif options.alma_profile:
        served = [*parameters.listed(stack.parameters_of(before).get("Profiles", "")), *options.alma_profile]
    else:
        return chosen
    return {**chosen, "Profiles": ",".join(dict.fromkeys(served))}


def _fixed(aws: Aws, stage: str, profiles: Collection[str], bucket: str) -> dict[str, str]:
    return {
        "Stage": stage,
        "RetiredProfiles": ",".join(retired_profiles(aws.ssm, stage, profiles)),
        "CodeBucket": bucket,
        "Project": mark.PROJECT,
        "Emulated": str(bool(aws.endpoint_url)).lower(),
    }


def stack_name(stage: str, given: str | None) -> str:
    """Return the stack's name. Raise ConfigurationError if resource names cannot begin with it."""
    name = given or f"alma-webhooks-{stage}"
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name) or len(name) > _LONGEST_STACK:
        raise ConfigurationError(
            f"--stack {name} is not valid: use up to {_LONGEST_STACK} lower-case letters, digits and hyphens, starting "
            "with a letter. Names of resources in the stack begin with it."
        )
    return name


def not_chosen(templates: Sequence[parameters.TemplateBody]) -> set[str]:
    """Return the parameters that the command sets, and those that a later stack takes from the first one's outputs."""
    first, *later = templates
    taken = {name for template in later for name in template["Parameters"] if name in first["Outputs"]}
    return {*FIXED, *taken - set(first["Parameters"])}


def _described(aws: Aws, place: Place, stage: str) -> "list[StackTypeDef | None]":
    """Return the stacks as they are, the pipeline's first. Raise RejectedError or ConfigurationError."""
    described = stack_deployer.described(aws, place.stack, stage, stack_deployer.PARTS, " or --stack")
    for part, found in described.items():
        if found:
            stack_deployer.check_state(found["StackName"], found["StackStatus"])
        else:
            retained.found(aws, load(part.template), place._replace(stack=place.stack + part.suffix))
    return list(described.values())


def _check_loops(chosen: Mapping[str, str], before: "StackTypeDef | None") -> None:
    """Raise ConfigurationError if a template cannot be expanded over the lists that the stacks will have."""
    templates = [load(part.template) for part in stack_deployer.PARTS]
    names = set[str]().union(*map(expansion.list_parameters, templates))
    lists = {name: _in_force(_LIST_OUTPUTS.get(name, name), chosen, before) for name in names}
    for template in templates:
        expansion.expanded(template, lists)


def _check_times(chosen: Mapping[str, str], before: "StackTypeDef | None") -> None:
    """Check the rule between two parameters that AWS would report only halfway through the stack's creation."""
    visibility, timeout = (float(_in_force(name, chosen, before)) for name in ("VisibilityTimeout", "ProcessorTimeout"))
    if visibility < timeout:
        raise ConfigurationError(
            f"The parameter VisibilityTimeout ({visibility:g}) must not be less than ProcessorTimeout ({timeout:g}): "
            "AWS rejects that. Six times ProcessorTimeout is recommended."
        )


def _check_routes(routes: Path, chosen: Mapping[str, str], before: Mapping[str, str]) -> None:
    template = load(PIPELINE)
    topics = parameters.listed(parameters.in_force("Topics", template, chosen, before))
    for needed in permissions(check_deployable(routes, topics)):
        allowed = parameters.listed(parameters.in_force(needed.parameter, template, chosen, before))
        if needed.arn not in allowed:
            value = (
                f"--parameter {needed.parameter}={','.join([*allowed, needed.arn])}"  # the list replaces the old one
            )
            raise ConfigurationError(f"{routes}: {needed}; without it AWS denies the delivery. Pass {value}.")


def _in_force(name: str, chosen: Mapping[str, str], before: "StackTypeDef | None") -> str:
    template = load(PIPELINE)
    return parameters.in_force(name, template, chosen, expansion.values_before(template, before))


def _packages(
    aws: Aws, options: DeploymentOptions, chosen: Mapping[str, str], before: "StackTypeDef | None"
) -> list[package.Package]:
    """Return the zips for the emulator, or for Lambda's architecture, with Sentry's package if alerts go there."""
    if aws.endpoint_url:
        return package.build_both(None, options.routes)
    with_sentry = chosen["SentryDsn"] != "" if "SentryDsn" in chosen else stack.outputs_of(before).get("Sentry") == "on"
    architecture = _in_force("Architecture", chosen, before)
    target = package.for_lambda(architecture, options.python, with_sentry=with_sentry)
    return package.build_both(target, options.routes)
