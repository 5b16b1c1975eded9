"""The faults of a deployment's stacks, and their repair under a lock and with an audit. Prints nothing, asks nobody."""

from pathlib import Path
from typing import Final, NamedTuple

from scripts.aws import mark, stack
from scripts.aws.audit_log import Audit
from scripts.aws.clients import moment_of
from scripts.aws.clock import aws_clock
from scripts.aws.context import StackContext
from scripts.aws.exclusive import exclusive
from scripts.aws.stack import ReportLine
from scripts.cli.signals import Interrupts
from scripts.deploy.stack_deployer import PARTS
from scripts.doctor.repair.faults import Fault, Remedy, faults
from scripts.doctor.repair.repairing import Repairing, by_stack
from scripts.doctor.repair.stack_parts import stack_parts

_LOCK: Final = "stack-resources"
_COMMAND: Final = "doctor-fix"
_SECONDS: Final = 3600  # two change sets of each stack


class Repaired(NamedTuple):
    """The faults that were repaired, and those that are there afterwards."""

    done: list[Fault]
    left: list[Fault]

    @property
    def has_mapping(self) -> bool:
        """Whether the processor's mapping is among what was repaired."""
        return any(fault.part.type == "AWS::Lambda::EventSourceMapping" for fault in self.done)


def all_faults(scope: StackContext) -> list[Fault]:
    """Return the faults of every stack of the deployment that is there.

    Raises RejectedError for a foreign stack, before any is looked at, and botocore's errors.
    """
    names = list[str]()
    for part in PARTS:
        if described := stack.describe(scope.aws, scope.stack.name + part.suffix):
            mark.check_before_change(scope.aws, described, part.mark)
            names.append(described["StackName"])
    return [fault for name in names for fault in faults(scope.aws, stack_parts(scope.aws, name))]


def repair(scope: StackContext, interrupts: Interrupts, report: ReportLine, audit_file: Path | None) -> Repaired:
    """Repair what is missing now, as nobody else does it at the same time. Raises as `exclusive` does, FailedError."""
    caller = scope.aws.sts.get_caller_identity()
    repairing = Repairing(scope.aws, caller["Account"], scope.aws.ssm.meta.region_name, report)
    who, clock = caller["Arn"], aws_clock(moment_of(caller))
    with exclusive(scope, _LOCK, _COMMAND, who=who, clock=clock, audit_file=audit_file, seconds=_SECONDS) as (_, audit):
        found = all_faults(scope)
        with interrupts.deferred():
            _repair(repairing, found, audit)
    return Repaired(found, all_faults(scope))


def _repair(repairing: Repairing, found: list[Fault], audit: Audit) -> None:
    for group in by_stack(found):
        repairing.recreate(group)
        _record(audit, group)
    for fault in found:
        if fault.remedy is Remedy.enable:
            repairing.enable(fault)
            _record(audit, [fault])


def _record(audit: Audit, done: list[Fault]) -> None:
    for fault in done:
        facts = {"resource": fault.part.physical, "logical_id": fault.part.logical, "of_stack": fault.stack.name}
        audit.record("repaired", **facts, result="done")
