"""Find and fix the faults of all stacks of a deployment, under a lock and with an audit log.

A missing resource is recreated through its stack, so that CloudFormation knows it. This takes two change sets: the
first removes the missing resources from the deployed template, the second adds them again, with the properties, the
policy and the tags that the template and the stack define.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from scripts.aws import mark, stack
from scripts.aws.audit_log import Audit
from scripts.aws.clients import Aws, moment_of
from scripts.aws.clock import aws_clock
from scripts.aws.context import StackContext
from scripts.aws.exclusive import exclusive
from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts
from scripts.deploy import change_sets
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.change_sets import ChangeSetRequest
from scripts.deploy.stack_deployer import PARTS
from scripts.doctor.repair.faults import Remedy, ResourceFault, faults
from scripts.doctor.repair.stack_parts import StackResources, stack_resources
from scripts.doctor.repair.without import with_companions, without

_LOCK: Final = "stack-resources"
_LOCK_SECONDS: Final = 3600  # two change sets of each stack
_COMMAND: Final = "doctor-fix"

_SECONDS: Final = 1800.0
_PAUSE_SECONDS: Final = 1.0


def all_faults(scope: StackContext) -> list[ResourceFault]:
    """Return the faults of every stack of the deployment that exists.

    Raise RejectedError for a foreign stack, before any stack is checked, and botocore's errors.
    """
    names = list[str]()
    for part in PARTS:
        if described := stack.describe(scope.aws, scope.stack.name + part.suffix):
            mark.check_before_change(scope.aws, described, part.mark)
            names.append(described["StackName"])
    return [fault for name in names for fault in faults(scope.aws, stack_resources(scope.aws, name))]


def repair(
    scope: StackContext, interrupts: Interrupts, report: stack.ReportLine, audit_file: Path | None
) -> list[ResourceFault]:
    """Fix the current faults while holding the lock, and return them. Raise FailedError, and those of `exclusive`."""
    caller = scope.aws.sts.get_caller_identity()
    repairing = StackRepair(scope.aws, caller["Account"], scope.aws.ssm.meta.region_name, report)
    who, clock = caller["Arn"], aws_clock(moment_of(caller))
    with exclusive(scope, _LOCK, _COMMAND, who=who, clock=clock, audit_file=audit_file, seconds=_LOCK_SECONDS) as (
        _,
        audit,
    ):
        found = all_faults(scope)
        with interrupts.deferred():
            _repair(repairing, found, audit)
    return found


class StackRepair(NamedTuple):
    """Fixes faults of stacks. `report` receives lines of progress."""

    aws: Aws
    account: str
    region: str
    report: stack.ReportLine
    seconds: float = _SECONDS
    sleep: Callable[[float], None] = time.sleep

    def recreate(self, faults: Sequence[ResourceFault]) -> None:
        """Recreate the missing resources of one stack. Raise FailedError and botocore's errors."""
        resources = faults[0].stack
        gone = with_companions(resources, [fault.resource for fault in faults])
        names = {resource.logical for resource in gone}
        self._change(resources, without(resources, gone, self.region, self.account), names, "remove")
        try:
            self._change(resources, resources.template, names, "add")
        except FailedError as error:
            raise FailedError(
                f"{str(error).rstrip('.')}. The stack {resources.name} now lacks {', '.join(sorted(names))}. Fix the "
                "cause, then run alma-webhooks deploy, which adds them."
            ) from None

    def enable(self, fault: ResourceFault) -> None:
        """Enable a mapping and wait until it is. Raise FailedError if that takes too long."""
        self.aws.functions.update_event_source_mapping(UUID=fault.resource.physical, Enabled=True)
        deadline = time.monotonic() + self.seconds
        while self.aws.functions.get_event_source_mapping(UUID=fault.resource.physical).get("State") != "Enabled":
            if time.monotonic() > deadline:
                raise FailedError(f"The mapping {fault.resource.physical} was not enabled within {self.seconds:.0f} s.")
            self.sleep(_PAUSE_SECONDS)

    def _change(self, resources: StackResources, template: Any, names: Iterable[str], action: str) -> None:
        artefacts = Artefacts(self.aws, self.account, self.region)
        body = json.dumps(template, separators=(",", ":"), ensure_ascii=False)
        kept: Any = [
            {"ParameterKey": name, "UsePreviousValue": True} for name in resources.template.get("Parameters", {})
        ]
        change_set = change_sets.create(
            self.aws, ChangeSetRequest(resources.name, "UPDATE", artefacts.template(body), kept, [])
        )
        done = {change.name for change in change_set.changes if change.action == action}
        # Values stay the same, so a resource that "may" be replaced is not; one that holds events is not risked.
        others = [
            f"{change.action} {change.name}"
            for change in change_set.changes
            if change.name not in names and (change.loss or change.action not in {"change", "may replace"})
        ]
        if others or done != set(names):
            if change_set.changes:
                change_sets.discard(self.aws, change_set)
            problem = "; ".join(others) or f"does not {action} {', '.join(sorted(set(names) - done))}"
            raise FailedError(f"The change set of {resources.name} differs from the fix ({problem}); not executed.")
        change_sets.execute(self.aws, change_set, self.report, seconds=self.seconds)


def _repair(repairing: StackRepair, found: list[ResourceFault], audit: Audit) -> None:
    for group in _by_stack(found):
        repairing.recreate(group)
        _record(audit, group)
    for fault in found:
        if fault.remedy is Remedy.enable:
            repairing.enable(fault)
            _record(audit, [fault])


def _record(audit: Audit, done: list[ResourceFault]) -> None:
    for fault in done:
        logical, _, physical = fault.resource
        audit.record("repaired", resource=physical, logical_id=logical, of_stack=fault.stack.name, result="done")


def _by_stack(faults: Iterable[ResourceFault]) -> list[list[ResourceFault]]:
    """Group the faults to recreate by their stack."""
    grouped: dict[str, list[ResourceFault]] = {}
    for fault in faults:
        if fault.remedy is Remedy.recreate:
            grouped.setdefault(fault.stack.name, []).append(fault)
    return list(grouped.values())
