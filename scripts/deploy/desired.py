"""Work out what a project wants for one stage: the parameters of the templates and the state machines."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from processor.routing.compiled_routes import CompiledRoutes
from processor.state_machine_arn import unqualified
from scripts.aws import parameters
from scripts.aws.parameters import TemplateBody, listed
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import stack_part, state_machines
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import expanded_with
from scripts.deploy.stack_part import StackPart
from scripts.deploy.state_machines import StateMachine
from scripts.project.folder import Project
from scripts.project.models import OWN_KEYS, ParameterValue, SsmReference
from scripts.routes import state_machine_files
from scripts.routes.check import permissions
from scripts.routes.checked_routes import RouteWarning, check_file

ARNS: Final = ("OutsideTopicArns", "OutsideStateMachineArns", "QueueArns", "EventBusArns", "FunctionArns")
"""Lists of ARNs that the routes name; a project can add others, for ARNs that depend on the event."""

FIXED: Final = (
    *("Stage", "RetiredProfiles", "CodeBucket", "IngestCodeKey", "ProcessorCodeKey", "RoutesDigest"),
    *("Emulated", "Project", "Runtime", "Notifications", "NotificationsCodeKey", "AlarmStack"),
    *("Parts", stack_part.CODE_KEY),
    *("Topics", *state_machines.KEYS),  # by the routes file
)
"""Parameters that the command sets, from the project and what it finds in AWS."""

ReadSsm = Callable[[str], str]
"""Returns the value of an SSM parameter by its name."""


class DesiredStack(NamedTuple):
    """What a project wants for one stage. `values` are the chosen template parameters.

    `beyond_file` names the parameters that a flag sets and the file does not. `substitutions` are the values that
    definitions and policies of state machines can use as `${NAME}`. `warnings` are those about the routes.
    """

    values: dict[str, str]
    routes: CompiledRoutes
    routes_path: Path
    state_machines: tuple[StateMachine, ...]
    substitutions: dict[str, str]
    beyond_file: frozenset[str] = frozenset()
    warnings: tuple[RouteWarning, ...] = ()

    def expanded(self, parts: Iterable[StackPart], templates: Iterable[TemplateBody]) -> list[dict[str, Any]]:
        """Return the templates of these parts as they are sent. Raise ConfigurationError."""
        values = {**self.values, "AlmaProfiles": self.values["Profiles"]}  # which the alarms get as an output
        return [
            expanded_with(each, part.chosen(values, {}), self.state_machines, self.substitutions)
            for part, each in zip(parts, templates, strict=True)
        ]


def desired(
    project: Project,
    stage: str,
    place: Place,
    templates: Sequence[TemplateBody],
    flags: Mapping[str, str],
    read_ssm: ReadSsm | None,
    *,
    routes: Path | None = None,
) -> DesiredStack:
    """Return what the project wants, with the parameters that flags set. Raise ConfigurationError.

    Without `read_ssm`, parameters with a reference keep their default. `routes` is used instead of the file of the
    project.
    """
    path = routes or project.routes
    checked = check_file(path)
    compiled = checked.deployable(path)
    files = state_machine_files.read_all(path.parent, compiled.file)
    machines = tuple(state_machines.declared(compiled.file, files, stage, place))
    _check_secrets(project, stage, templates, flags)
    parameters.check(flags, {*not_chosen(templates), *OWN_KEYS}, templates)
    chosen = _from_file(project, stage, templates, read_ssm)
    values = chosen | dict(flags)
    values |= {"Topics": ",".join(compiled.file.routes.topic_names), **state_machines.parameters(machines)}
    values |= _arns(compiled, stage, machines, values)
    beyond = frozenset(name for name, value in flags.items() if chosen.get(name) != value)
    substitutions = _substitutions(compiled, stage, place)
    return DesiredStack(values, compiled, path, machines, substitutions, beyond, tuple(checked.warnings))


def not_chosen(templates: Sequence[TemplateBody]) -> set[str]:
    """Return the parameters that the command sets, and those that a later stack takes from the first one's outputs."""
    first, *later = templates
    taken = {name for template in later for name in template["Parameters"] if name in first["Outputs"]}
    return {*FIXED, *taken - set(first["Parameters"])}


def _from_file(
    project: Project, stage: str, templates: Sequence[TemplateBody], read_ssm: ReadSsm | None
) -> dict[str, str]:
    """Return the template parameters that alma-webhooks.yaml sets. Raise ConfigurationError."""
    settings = project.settings(stage)
    texts = {name: _text(value, read_ssm) for name, value in settings.parameters.items()}
    given = {name: value for name, value in texts.items() if value is not None}
    parameters.check(given, not_chosen(templates), templates)
    own = {
        "Profiles": ",".join(settings.alma_profiles),
        "Alarms": settings.alarms,
        "AlarmEmail": settings.alarm_email,
        "LogRetentionDays": settings.log_retention_days,
        "Runtime": project.file.runtime,
        "Notifications": "true" if settings.notifications else None,
        "Parts": ",".join(project.file.parts) or None,
    }
    declared = {parameter for template in templates for parameter in template["Parameters"]}
    chosen = {name: str(value) for name, value in own.items() if value is not None and name in declared}
    parameters.check(chosen, (), templates)
    return chosen | given


def _text(value: ParameterValue, read_ssm: ReadSsm | None) -> str | None:
    if isinstance(value, SsmReference):
        return read_ssm(value.ssm) if read_ssm else None
    return str(value)


def _check_secrets(project: Project, stage: str, templates: Sequence[TemplateBody], flags: Mapping[str, str]) -> None:
    """Raise ConfigurationError for a secret value that stands in the file or on the command line."""
    rules = {name: rule for template in templates for name, rule in template["Parameters"].items()}
    given = {**project.settings(stage).parameters, **flags}
    for name, value in given.items():
        if rules.get(name, {}).get("NoEcho") and not isinstance(value, SsmReference) and value != "":
            raise ConfigurationError(
                f"The parameter {name} is secret, so its value must not be in a file or a command line. Store it in "
                f"SSM, and write {name}: {{ssm: NAME}} under stages.{stage}.parameters in {project.path}."
            )


def _arns(
    compiled: CompiledRoutes, stage: str, machines: tuple[StateMachine, ...], values: Mapping[str, str]
) -> dict[str, str]:
    """Return the parameters that allow the ARNs of the routes, besides those that were chosen."""
    declared = {unqualified(each.arn) for each in machines}
    found = {name: listed(values.get(name, "")) for name in ARNS}
    for needed in permissions(compiled, stage):
        if needed.arn not in declared:
            found[needed.parameter].append(needed.arn)
    return {name: ",".join(dict.fromkeys(arns)) for name, arns in found.items()}


def _substitutions(compiled: CompiledRoutes, stage: str, place: Place) -> dict[str, str]:
    known = {"Stage": stage, "StackName": place.stack, "AccountId": place.account, "Region": place.region}
    variables: Mapping[str, str] = compiled.file.routes.stages[stage]  # type: ignore[index] # the stage was checked
    return {**variables, **known, "Partition": place.partition}
