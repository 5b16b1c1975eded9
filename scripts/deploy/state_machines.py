"""Add the state machines that a routes file declares to the templates: their resources, their rights, their names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from processor.routing.models import RoutesFile
from processor.state_machine_arn import unqualified
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.retained import Place
from scripts.routes.state_machine_files import Document, StateMachineFiles, with_values

KEYS: Final = ("DeclaredStateMachineArns", "StateMachineArns", "StateMachines")
"""The template parameters that describe the declared state machines."""


class StateMachine(NamedTuple):
    """A declared state machine of one stage. `files` are those of one that the stack creates.

    The ARN of another may end with a version or an alias.
    """

    name: str
    arn: str
    files: StateMachineFiles | None = None

    @property
    def resource(self) -> str:
        """The beginning of its logical ids: `pod-export` becomes PodExport."""
        return "".join(part[:1].upper() + part[1:] for part in self.name.split("-"))


def declared(
    routes: RoutesFile, files: Mapping[str, StateMachineFiles], stage: str, place: Place
) -> list[StateMachine]:
    """Return the state machines of a stage, in the order of the file. Raise ConfigurationError for one without ARN."""
    found = []
    for name, each in routes.routes.state_machines.items():
        arn = each.arn_in(stage)
        if arn is None and name not in files:
            reason = f"the state machine {name} has neither a definition nor an ARN for the stage {stage}"
            raise ConfigurationError(f"routes.yaml: {routes.problem(('state_machines', name), reason)}.")
        own = f"arn:{place.partition}:states:{place.region}:{place.account}:stateMachine:{place.stack}-{name}"
        found.append(StateMachine(name, arn or own, None if arn else files[name]))
    resources = [each.resource for each in found]
    if twice := {each for each in resources if resources.count(each) > 1}:
        names = " and ".join(each.name for each in found if each.resource in twice)
        raise ConfigurationError(
            f"routes.yaml: the state machines {names} both become {twice.pop()}. Rename one of them."
        )
    return found


def of_stack(arns: Mapping[str, str]) -> list[StateMachine]:
    """Return the state machines of a deployed stack by their ARNs, for what depends on names and ARNs alone."""
    return [StateMachine(name, arn) for name, arn in arns.items()]


def parameters(machines: Sequence[StateMachine]) -> dict[str, str]:
    """Return the values of the template parameters in KEYS."""
    return {
        "DeclaredStateMachineArns": ",".join(dict.fromkeys(unqualified(each.arn) for each in machines)),
        "StateMachineArns": json.dumps({each.name: each.arn for each in machines}),
        "StateMachines": ",".join(each.resource for each in machines),
    }


def added_to(
    template: Mapping[str, Any], machines: Sequence[StateMachine], values: Mapping[str, str]
) -> dict[str, Any]:
    """Return the expanded template with the state machines of a stage.

    The processor's function depends on them and on the topics, so that an update makes a target before routes use it.
    `values` replace `${NAME}` in definitions and policies.
    """
    made: dict[str, Any] = dict(template)
    if "StateMachines" in made.get("Mappings", {}):
        made["Mappings"] = {name: one for name, one in made["Mappings"].items() if name != "StateMachines"}
        made = {name: one for name, one in made.items() if one or name != "Mappings"}
        # The metrics of a state machine count the executions of all its versions and aliases.
        mapping = {each.resource: {"Name": each.name, "Arn": unqualified(each.arn)} for each in machines}
        made["Resources"] = _with_mapping(made["Resources"], mapping)
    if processor := made["Resources"].get("ProcessorFunction"):
        resources = {id_: one for each in machines if each.files for id_, one in _resources(each, each.files, values)}
        made["Resources"] = {**made["Resources"], **resources}
        needed = [id_ for id_, one in made["Resources"].items() if one["Type"] in _TARGETS]
        made["Resources"]["ProcessorFunction"] = {**processor, "DependsOn": needed}
    return made


def _with_mapping(value: Any, mapping: Mapping[str, Mapping[str, str]]) -> Any:
    """Return a part of a template with what it reads from the mapping StateMachines as literals."""
    match value:
        case {"Fn::FindInMap": ["StateMachines", str(machine), str(attribute)]}:
            return mapping[machine][attribute]
        case {"Fn::Sub": [str(text), {"Name": {"Fn::FindInMap": ["StateMachines", str(machine), str(attribute)]}}]}:
            return {"Fn::Sub": text.replace("${Name}", mapping[machine][attribute])}
        case dict():
            return {name: _with_mapping(one, mapping) for name, one in value.items()}
        case list():
            return [_with_mapping(one, mapping) for one in value]
    return value


_TARGETS: Final = ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine")


def _resources(
    machine: StateMachine, files: StateMachineFiles, values: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    role = f"{machine.resource}StateMachineRole"
    properties = {
        "StateMachineName": {"Fn::Sub": f"${{AWS::StackName}}-{machine.name}"},
        "StateMachineType": "STANDARD",
        "RoleArn": {"Fn::GetAtt": [role, "Arn"]},
        "Definition": with_values(files.definition, values),
    }
    yield f"{machine.resource}StateMachine", {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    yield role, {"Type": "AWS::IAM::Role", "Properties": _role(with_values(files.policy, values))}


def _role(policy: Document | None) -> dict[str, Any]:
    trusted = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "states.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    boundary = [{"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]
    policies = [{"PolicyName": "state-machine", "PolicyDocument": policy}] if policy else []
    return {
        "PermissionsBoundary": {"Fn::If": ["HasPermissionsBoundary", *boundary]},
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trusted]},
        **({"Policies": policies} if policies else {}),
    }
