"""Build the zips of a deployment, and work out the template parameters that the command sets."""

from collections.abc import Collection

from ingest import heartbeat
from scripts.aws import parameters
from scripts.aws.address import Address
from scripts.aws.clients import Aws
from scripts.aws.template import PIPELINE, load
from scripts.deploy import listeners, optional_parts, package, part_package, stack_part
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.desired import DesiredStack
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.retained import Place
from scripts.deploy.stack_part import StackPart
from scripts.routes.checked_routes import warning_lines
from scripts.secret.store import retired_profiles


def built(
    aws: Aws,
    place: Place,
    address: Address,
    options: DeploymentOptions,
    wanted: DesiredStack,
    parts: tuple[StackPart, ...],
) -> DeploymentPlan:
    """Return the plan with the zips and all parameters, but without what it changes. Raise ConfigurationError."""
    stage, artefacts = address.stage, Artefacts(aws, place.account, place.region)
    artefacts.exists()
    profiles = [heartbeat.PROFILE, *parameters.listed(wanted.values["Profiles"])]
    target = _target(aws, options, wanted)
    has_notifications = optional_parts.NOTIFICATIONS_PART in parts
    packages = package.build_product(target, wanted.routes_path, with_notifications=has_notifications)
    values = {**wanted.values, **fixed(aws, stage, profiles, artefacts.bucket, place), **package.names(packages)}
    parts, further = part_package.build_all(address.needed_project, parts, target)
    without_secret = listeners.without_secret(aws.ssm, stage, profiles)
    made = DeploymentPlan(place, stage, values, profiles, without_secret, [*packages, *further], artefacts)
    return made._replace(
        abandon_data=options.abandon_data,
        state_machines=wanted.state_machines,
        substitutions=wanted.substitutions,
        built_for=target,
        warnings=tuple(warning_lines(wanted.routes_path, wanted.warnings)),
        parts=parts,
    )


def fixed(aws: Aws, stage: str, profiles: Collection[str], bucket: str, place: Place) -> dict[str, str]:
    """Return the template parameters that say what and where the stack is. `bucket` has the zips."""
    return {
        "Stage": stage,
        "RetiredProfiles": ",".join(retired_profiles(aws.ssm, stage, profiles)),
        "CodeBucket": bucket,
        "Project": place.project,
        "Emulated": str(bool(aws.endpoint_url)).lower(),
        "AlarmStack": place.stack + stack_part.OBSERVABILITY_PART.suffix,
    }


def _target(aws: Aws, options: DeploymentOptions, wanted: DesiredStack) -> package.ForLambda | None:
    """Return what the zips are built for: Lambda, with Sentry's package if it is used, or None for the emulator."""
    if aws.endpoint_url:
        return None
    architecture, runtime = (
        parameters.in_force(name, load(PIPELINE), wanted.values) for name in ("Architecture", "Runtime")
    )
    with_sentry, version = bool(wanted.values.get("SentryDsn")), runtime.removeprefix("python")
    return package.for_lambda(architecture, options.python, with_sentry=with_sentry, version=version)
