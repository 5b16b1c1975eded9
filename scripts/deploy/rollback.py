"""Plan and carry out a rollback to the newest recorded deployment that differs from the stacks as they are."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest import heartbeat
from processor.routing.models import InvalidRoutesError
from scripts.aws import mark, stack
from scripts.aws.address import Address
from scripts.aws.clients import Aws
from scripts.aws.context import check_account
from scripts.aws.parameters import TemplateBody, listed
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.deploy import differences, envelopes, existing, listeners, optional_parts, removal_finder
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.change_sets import ChangeSetRequest
from scripts.deploy.desired import DesiredStack
from scripts.deploy.differences import Difference
from scripts.deploy.flags import RollbackOptions
from scripts.deploy.records import DeploymentRecord, DeploymentRecords, StackRecord
from scripts.deploy.removals import Removals
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import SentStack, StackDeployer, StackResult
from scripts.deploy.stack_name import checked_name
from scripts.deploy.stack_part import StackPart
from scripts.deploy.state_machines import StateMachine
from scripts.routes.check import compile_checked

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackTypeDef

_HIDDEN = "****"  # what CloudFormation shows of a NoEcho parameter with a value


class RollbackPlan(NamedTuple):
    """A rollback that passed all checks. `templates` are the recorded ones, in the order of deployment."""

    place: Place
    stage: str
    record: DeploymentRecord
    templates: tuple[str, ...]
    artefacts: Artefacts
    removals: Removals
    differences: tuple[Difference, ...]
    without_secret: list[str]
    abandon_data: bool = False

    def as_data(self) -> dict[str, Any]:
        """Return what would change as JSON data."""
        return {
            **self.place.facts,
            "stage": self.stage,
            "project": self.place.project,
            "restored": {"time": self.record.time, "version": self.record.version},
            "differences": [each.as_data() for each in self.differences],
            "removals": [{"kind": each.kind, "name": each.name} for each in self.removals.found],
        }


def plan_rollback(aws: Aws, address: Address, options: RollbackOptions) -> RollbackPlan:
    """Find the deployment to restore, and check that it can be. Change nothing.

    Raise ConfigurationError without a project or stack, and RejectedError if nothing can be restored, if removals are
    not allowed, or if newer envelopes wait.
    """
    place = Place.of(aws, checked_name(address.stack), address.needed_project.file.name)
    check_account(aws, address)
    by_name = _described(aws, place, address.stage)
    artefacts = Artefacts(aws, place.account, place.region)
    records = list(DeploymentRecords(artefacts, place.stack).newest_first())
    record = _restorable(aws, artefacts, list(by_name.values()), records)
    bodies = tuple((artefacts.read(each.template) or b"{}").decode() for each in record.stacks)
    outputs = stack.outputs_of(by_name[place.stack])
    wanted = _wanted(artefacts, record, outputs)
    raw = [part.load() for part in _parts_of(record)]
    now = dict([*by_name.items()][: len(raw)])  # a part that the record does not have stays as it is
    removals = removal_finder.find(aws, list(now.values()), raw, wanted, options.allow_removal)
    if not options.dry_run:
        removals.check()
        envelopes.check_readable(aws, outputs, record, records)
    changed = (
        *differences.find(aws, list(now.values()), raw, wanted.values, wanted),
        *differences.of_templates(aws, now, [json.loads(each) for each in bodies]),
    )
    profiles = [heartbeat.PROFILE, *listed(record.values.get("Profiles", ""))]
    missing = listeners.without_secret(aws.ssm, address.stage, profiles)
    return RollbackPlan(
        place, address.stage, record, bodies, artefacts, removals, changed, missing, options.abandon_data
    )


def restore(aws: Aws, planned: RollbackPlan, deployer: StackDeployer) -> list[StackResult]:
    """Send the recorded templates and parameters, the pipeline first. Raise what `deployer.change` raises."""
    done: list[StackResult] = []
    for part, each, body in zip(_parts_of(planned.record), planned.record.stacks, planned.templates, strict=True):
        name, template = planned.place.stack + part.suffix, json.loads(body)
        if there := stack.describe(aws, name):
            mark.check_before_change(aws, there, part.mark, [planned.place.project])
        imported = [] if there else deployer.import_retained(planned.place._replace(stack=name), template)
        given = deployer.given(done[0].outputs) if done else {}
        parameters = _parameters(each, template, there, given)
        kind = "UPDATE" if there or imported else "CREATE"
        request = ChangeSetRequest(name, kind, planned.artefacts.template(body), parameters, [])
        changes = imported + deployer.change(request)
        sent = SentStack(body, tuple(parameters), each.lists)
        done.append(StackResult(name, changes, stack.read(aws, name).outputs, sent))
    return done


def _parts_of(record: DeploymentRecord) -> tuple[StackPart, ...]:
    return optional_parts.possible()[: len(record.stacks)]


def _described(aws: Aws, place: Place, stage: str) -> "dict[str, StackTypeDef | None]":
    """Return the stack of each possible part as it is, by name."""
    parts = optional_parts.deployed(aws, place.stack, [place.project])
    found = existing.described(aws, place.stack, stage, parts, projects=[place.project])
    described = {place.stack + part.suffix: found.get(part) for part in optional_parts.possible()}
    if not stack.outputs_of(described[place.stack]):
        raise ConfigurationError(f"Stack {place.stack} not found in {place.region}. Check --stage, --stack, --region.")
    for each in filter(None, described.values()):
        existing.check_state(each["StackName"], each["StackStatus"])
    return described


def _restorable(
    aws: Aws,
    artefacts: Artefacts,
    described: "Sequence[StackTypeDef | None]",
    records: Sequence[DeploymentRecord],
) -> DeploymentRecord:
    """Return the newest record that differs from the stacks, if all that it needs still exists."""
    now = [differences.deployed_template(aws, each["StackName"]) if each else None for each in described]
    for record in records:
        recorded = [json.loads(artefacts.read(each.template) or b"null") for each in record.stacks]
        is_same = recorded == now[: len(recorded)] and all(map(_has_values, described, record.stacks))
        if not is_same:
            if missing := [key for key in record.artefacts if artefacts.read(key) is None]:
                raise RejectedError(
                    f"The deployment of {record.time} cannot be restored, because bucket {artefacts.bucket} no longer "
                    f"has {', '.join(missing)}. Nothing was changed. Deploy an older folder instead."
                )
            return record
    raise RejectedError(
        "Nothing was changed, because no earlier deployment of this stack is recorded. Each deployment of this version "
        "records itself; to go back further, deploy the older folder with the older version."
    )


def _has_values(described: "StackTypeDef | None", record: StackRecord) -> bool:
    now, outputs = stack.parameters_of(described), stack.outputs_of(described)
    is_same = all(now.get(name) == value for name, value in record.parameters.items() if now.get(name) != _HIDDEN)
    return is_same and all(outputs.get(name, value) == value for name, value in record.lists.items())


def _wanted(artefacts: Artefacts, record: DeploymentRecord, outputs: Mapping[str, str]) -> DesiredStack:
    """Return what the record says of the stack, for the comparison by name."""
    values = {**record.values, **dict(_hidden(record, outputs))}
    digest = values.get("RoutesDigest", "")
    text = (artefacts.read(f"routes/{digest}.yaml") or b"").decode()
    arns: dict[str, str] = json.loads(values.get("StateMachineArns") or "{}")
    try:
        routes = compile_checked(text, {"topic": listed(values.get("Topics", "")), "state_machine": arns})
    except InvalidRoutesError as error:
        raise FailedError(
            f"The routes of the deployment of {record.time} cannot be read by this version: {error.problems[0]}. "
            f"Install version {record.version}, which deployed it, and deploy the older folder."
        ) from None
    machines = tuple(StateMachine(name, arn, None) for name, arn in arns.items())
    return DesiredStack(values, routes, Path(f"routes/{digest}.yaml"), machines, {})


def _hidden(record: DeploymentRecord, outputs: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the NoEcho parameters that keep the value they have now, which CloudFormation hides."""
    for each in record.stacks:
        for name in each.secret:
            is_empty = name == "SentryDsn" and outputs.get("Sentry") == "off"
            yield name, "" if is_empty else _HIDDEN


def _parameters(
    record: StackRecord, template: TemplateBody, there: "StackTypeDef | None", given: Mapping[str, str]
) -> "list[ParameterTypeDef]":
    """Return the recorded parameters; `given` are outputs of the first stack, which may have changed since."""
    rules = template.get("Parameters", {})
    values = {name: given.get(name, value) for name, value in record.parameters.items() if name in rules}
    secret = [name for name in record.secret if name in rules and name in stack.parameters_of(there)]
    sent: list[ParameterTypeDef] = [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
    return [*sent, *_kept(secret)]


def _kept(names: Iterable[str]) -> "Iterator[ParameterTypeDef]":
    """Yield the parameters that keep their value, which is never shown to this command."""
    for name in names:
        yield {"ParameterKey": name, "UsePreviousValue": True}
