"""Plan and carry out a rollback to the newest recorded deployment that differs from the stacks as they are."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest import heartbeat
from processor.routing.models import InvalidRoutesError
from scripts.aws import mark, stack
from scripts.aws.address import Address
from scripts.aws.clients import Aws
from scripts.aws.context import check_account
from scripts.aws.parameters import TemplateBody, listed
from scripts.aws.part_stacks import PARTS_OUTPUT
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.deploy import differences, envelopes, existing, listeners, optional_parts, removal_finder
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.desired import DesiredStack
from scripts.deploy.differences import Difference
from scripts.deploy.flags import RollbackOptions
from scripts.deploy.recorded_parts import HIDDEN, parts_of, restorable, with_deployed
from scripts.deploy.records import DeploymentRecord, DeploymentRecords, StackRecord
from scripts.deploy.removals import Removals
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import SentStack, StackDeployer, StackResult
from scripts.deploy.stack_name import checked_name
from scripts.deploy.state_machines import of_stack
from scripts.routes.check import compile_checked

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackTypeDef


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
            "differences": [each._asdict() for each in self.differences],
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
    record = restorable(aws, artefacts, place.stack, by_name, records)
    bodies = tuple((artefacts.read(each.template) or b"{}").decode() for each in record.stacks)
    wanted = _wanted(artefacts, record, by_name[place.stack])
    sent = [json.loads(each) for each in bodies]
    parts = parts_of(record, sent)
    raw = [template if part.is_further else part.load() for part, template in zip(parts, sent, strict=True)]
    now = {place.stack + part.suffix: by_name.get(place.stack + part.suffix) for part in parts}  # the others stay
    stacks = list(now.values())
    removals = removal_finder.find(aws, stacks, raw, wanted, options.allow_removal)
    if not options.dry_run:
        removals.check()
        envelopes.check_readable(aws, stack.outputs_of(stacks[0]), record, records)
    by_parameter = differences.find(aws, stacks, raw, wanted.values, wanted)
    changed = (*by_parameter, *differences.of_code(parts, stacks), *differences.of_templates(aws, now, sent))
    profiles = [heartbeat.PROFILE, *listed(record.values.get("Profiles", ""))]
    missing = listeners.without_secret(aws.ssm, address.stage, profiles)
    return RollbackPlan(
        place, address.stage, record, bodies, artefacts, removals, changed, missing, options.abandon_data
    )


def restore(aws: Aws, planned: RollbackPlan, deployer: StackDeployer) -> list[StackResult]:
    """Send the recorded templates and parameters, the pipeline first. Raise what `deployer.send` raises."""
    done: list[StackResult] = []
    sent = [json.loads(each) for each in planned.templates]
    parts = parts_of(planned.record, sent)
    for part, each, body, template in zip(parts, planned.record.stacks, planned.templates, sent, strict=True):
        name = planned.place.stack + part.suffix
        if there := stack.describe(aws, name):
            mark.check_before_change(aws, there, part.mark, [planned.place.project])
        given = deployer.given(done[0].outputs) if done else {}
        sent_stack = SentStack(body, tuple(_parameters(each, template, there, given)), each.lists)
        changes = deployer.send(planned.place._replace(stack=name), template, sent_stack, is_new=there is None)
        done.append(StackResult(name, changes, stack.read(aws, name).outputs, sent_stack))
    return done


def _described(aws: Aws, place: Place, stage: str) -> "dict[str, StackTypeDef | None]":
    """Return the stack of each possible part and of the deployed further parts as it is, by name."""
    parts = optional_parts.deployed(aws, place.stack, [place.project])
    found = existing.described(aws, place.stack, stage, parts, projects=[place.project])
    described = {place.stack + part.suffix: found.get(part) for part in optional_parts.possible()}
    names = optional_parts.further_names(described[place.stack])
    further = optional_parts.further_deployed(aws, place.stack, names, [place.project])
    described |= {place.stack + part.suffix: each for part, each in further.items()}
    if not stack.outputs_of(described[place.stack]):
        raise ConfigurationError(f"Stack {place.stack} not found in {place.region}. Check --stage, --stack, --region.")
    for each in filter(None, described.values()):
        existing.check_state(each["StackName"], each["StackStatus"])
    return described


def _wanted(artefacts: Artefacts, record: DeploymentRecord, pipeline: "StackTypeDef | None") -> DesiredStack:
    """Return what the record says of the stack, for the comparison by name."""
    hidden = {name: HIDDEN for each in record.stacks for name in each.secret}  # they keep the value that they have now
    if "SentryDsn" in hidden and stack.outputs_of(pipeline).get("Sentry") == "off":
        hidden["SentryDsn"] = ""
    values = {**record.values, **hidden}
    values[PARTS_OUTPUT] = with_deployed(values.get(PARTS_OUTPUT, ""), pipeline)
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
    return DesiredStack(values, routes, Path(f"routes/{digest}.yaml"), tuple(of_stack(arns)), {})


def _parameters(
    record: StackRecord, template: TemplateBody, there: "StackTypeDef | None", given: Mapping[str, str]
) -> "list[ParameterTypeDef]":
    """Return the recorded parameters; `given` are outputs of the first stack, which may have changed since."""
    rules = template.get("Parameters", {})
    values = {name: given.get(name, value) for name, value in record.parameters.items() if name in rules}
    if PARTS_OUTPUT in values:
        values[PARTS_OUTPUT] = with_deployed(values[PARTS_OUTPUT], there)
    secret = [name for name in record.secret if name in rules and name in stack.parameters_of(there)]
    sent: list[ParameterTypeDef] = [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
    # CloudFormation keeps the values of the secret parameters, which are never shown to this command.
    kept: list[ParameterTypeDef] = [{"ParameterKey": name, "UsePreviousValue": True} for name in secret]
    return [*sent, *kept]
