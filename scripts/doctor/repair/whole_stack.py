"""Find and fix the faults of all stacks of a deployment, under a lock and with an audit log."""

from pathlib import Path
from typing import Final

from scripts.aws import mark, stack
from scripts.aws.audit_log import Audit
from scripts.aws.clients import moment_of
from scripts.aws.clock import aws_clock
from scripts.aws.context import StackContext
from scripts.aws.exclusive import exclusive
from scripts.aws.stack import ReportLine
from scripts.cli.signals import Interrupts
from scripts.deploy.stack_deployer import PARTS
from scripts.doctor.repair.faults import Remedy, ResourceFault, faults
from scripts.doctor.repair.repairing import StackRepair, by_stack
from scripts.doctor.repair.stack_parts import stack_resources

_LOCK: Final = "stack-resources"
_COMMAND: Final = "doctor-fix"
_SECONDS: Final = 3600  # two change sets of each stack


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
    scope: StackContext, interrupts: Interrupts, report: ReportLine, audit_file: Path | None
) -> list[ResourceFault]:
    """Fix the current faults while holding the lock, and return them. Raise FailedError, and those of `exclusive`."""
    caller = scope.aws.sts.get_caller_identity()
    repairing = StackRepair(scope.aws, caller["Account"], scope.aws.ssm.meta.region_name, report)
    who, clock = caller["Arn"], aws_clock(moment_of(caller))
    with exclusive(scope, _LOCK, _COMMAND, who=who, clock=clock, audit_file=audit_file, seconds=_SECONDS) as (_, audit):
        found = all_faults(scope)
        with interrupts.deferred():
            _repair(repairing, found, audit)
    return found


def _repair(repairing: StackRepair, found: list[ResourceFault], audit: Audit) -> None:
    for group in by_stack(found):
        repairing.recreate(group)
        _record(audit, group)
    for fault in found:
        if fault.remedy is Remedy.enable:
            repairing.enable(fault)
            _record(audit, [fault])


def _record(audit: Audit, done: list[ResourceFault]) -> None:
    for fault in done:
        resource = fault.resource
        audit.record(
            "repaired",
            resource=resource.physical,
            logical_id=resource.logical,
            of_stack=fault.stack.name,
            result="done",
        )
