"""Compose the project folder of a deployed stack, whose next deployment changes nothing. Writes nothing itself."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from processor.routing.models import InvalidRoutesError, RoutesFile
from processor.routing.models import read as read_routes
from processor.routing.yaml_lines import InvalidYamlError
from scripts.aws import mark, stack
from scripts.aws.clients import Aws
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import deployed_machines, existing, optional_parts
from scripts.deploy.deployed_settings import DeployedSettings
from scripts.deploy.deployed_settings import read as read_settings
from scripts.deploy.retained import Place
from scripts.deploy.state_machines import StateMachine
from scripts.project import scaffold
from scripts.project.folder import FILE
from scripts.project.part_models import is_inside
from scripts.project.scaffold import ProjectRequest
from scripts.routes.declared_text import with_declarations
from scripts.routes.judged_routes import deployed_routes
from scripts.routes.sample_expectations import expectations

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


class DeployedProject(NamedTuple):
    """What a stack says of its project. `routes` is the text of its routes file, with declarations.

    `parts` are the names of its further parts, whose templates and code are in no stack as they were written.
    """

    place: Place
    stage: str
    settings: DeployedSettings
    routes: str
    file: RoutesFile
    machines: list[StateMachine]
    has_alarms: bool
    parts: tuple[str, ...] = ()


def read(aws: Aws, stage: str | None, name: str | None) -> DeployedProject:
    """Read the stack. Raise RejectedError for one without our mark, and ConfigurationError if it does not exist."""
    name = name or f"alma-webhooks-{stage or 'dev'}"
    pipeline, observability, *optional = _described(aws, name, stage)
    outputs = stack.outputs_of(pipeline)
    stage = stage or outputs["Stage"]
    place = Place.of(aws, name, mark.project_of(outputs))
    machines = deployed_machines.read(aws, place, outputs)
    text = deployed_routes(aws.s3, outputs)
    try:
        text, file = _declared(text, stage, listed(outputs.get("Topics", "")), machines)
    except (InvalidRoutesError, InvalidYamlError) as error:
        raise ConfigurationError(f"The deployed routes are not valid for this version: {error}.") from None
    settings = read_settings([pipeline, observability, *optional], outputs, text, stage)
    parts = tuple(optional_parts.further_names(pipeline))
    return DeployedProject(place, stage, settings, text, file, machines, observability is not None, parts)


def files(found: DeployedProject) -> dict[str, bytes]:
    """Return the content of each file of the folder by its path. Raise ConfigurationError for a path outside it."""
    settings = found.settings
    request = ProjectRequest(
        found.place.project, found.place.region, (found.stage,), settings.alma_profiles, settings.alarm_email
    )
    is_default = found.place.stack == f"alma-webhooks-{found.stage}"
    more = [*([] if is_default else [f"stack: {found.place.stack}"]), f'account: "{found.place.account}"']
    texts = {
        FILE: scaffold.project_file(request, [*more, *settings.lines], settings.runtime),
        "routes.yaml": found.routes,
        **dict(_machine_files(found)),
        **scaffold.surroundings(found.place.project, found.stage),
    }
    return {path: text.encode() for path, text in texts.items()} | expectations(found.routes)


def notes(found: DeployedProject) -> list[str]:
    """Return what a person has to add to the folder or to know of it."""
    made = [
        f"AWS does not show the secret parameter {name}: store its value in SSM, and uncomment its line in {FILE}"
        for name in found.settings.secret
    ]
    written = dict(_machine_files(found))
    made += [
        f"{path} is not part of this stage: take it from the folder of another stage"
        for name, each in found.file.routes.state_machines.items()
        for path in (each.definition, each.policy)
        if path and path not in written and name in {machine.name for machine in found.machines}
    ]
    made += [
        f"the stack has the part {name}: take its files and its entry under parts in {FILE} from another folder of the "
        "project, because a deployment without them would remove it"
        for name in found.parts
    ]
    return made if found.has_alarms else [*made, "the stack has no alarms yet: the next deployment creates them"]


def _described(aws: Aws, name: str, stage: str | None) -> "list[StackTypeDef | None]":
    """Return the stacks as they are; None for one that is not complete, and nothing for such an optional one."""
    first = stack.describe(aws, name)
    if first is None:
        raise ConfigurationError(
            f"Stack {name} not found in {aws.cloudformation.meta.region_name}. Check --stage, --stack and --region."
        )
    mark.check(first, mark.PIPELINE)
    stage = stage or stack.outputs_of(first).get("Stage", "")
    parts = optional_parts.deployed(aws, name, ())
    pipeline, *others = existing.described(aws, name, stage, parts).values()
    observability, *optional = [each if stack.outputs_of(each) else None for each in others]
    return [pipeline or first, observability, *(each for each in optional if each)]


def _declared(text: str, stage: str, topics: list[str], machines: list[StateMachine]) -> tuple[str, RoutesFile]:
    """Return the text and the file with what the stack has and the file, of an older version, does not declare."""
    routes = read_routes(text).routes
    known = routes.state_machines
    missing = {each.name: _declaration(each, stage) for each in machines if each.name not in known}
    text = with_declarations(text, [] if routes.topics else topics, {} if known else missing)
    return text, read_routes(text)


def _declaration(machine: StateMachine, stage: str) -> str:
    if machine.files:
        return f"{{definition: state-machines/{machine.name}.asl.json}}"
    return f'{{arn: {{{stage}: "{machine.arn}"}}}}'


def _machine_files(found: DeployedProject) -> Iterator[tuple[str, str]]:
    """Yield path and text of the definitions and policies of the state machines that the stack created."""
    declared = found.file.routes.state_machines
    for machine in found.machines:
        if machine.files is None or machine.name not in declared:
            continue
        each, files = declared[machine.name], machine.files
        contents: Mapping[str | None, object] = {each.definition: files.definition, each.policy: files.policy}
        for path, content in contents.items():
            if path and content is not None:
                if not is_inside(path):
                    raise ConfigurationError(f"The deployed routes file names {path}, which is outside the folder.")
                yield path, json.dumps(content, indent=2, ensure_ascii=False) + "\n"
