"""Examine a deployed stack, and fix it. Prints nothing and asks nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from scripts.aws.context import StackContext
from scripts.aws.stack import ReportLine
from scripts.cli.signals import Interrupts
from scripts.doctor import checks
from scripts.doctor.finding import Finding, Health
from scripts.doctor.repair import repairing
from scripts.doctor.repair.faults import ResourceFault
from scripts.doctor.repair.flow import Flow, watch
from scripts.doctor.subject import open_subject


class Examination(NamedTuple):
    """The findings of all checks of a stack, in the order of the checks."""

    stack: str
    region: str
    findings: Sequence[Finding]

    @property
    def is_healthy(self) -> bool:
        """Whether no check is unhealthy or unknown."""
        return all(finding.state in {Health.ok, Health.warning} for finding in self.findings)


class FixResult(NamedTuple):
    """The faults that a fix was made for, those that remain, and whether events are processed again, if in question."""

    done: Sequence[ResourceFault]
    left: Sequence[ResourceFault]
    flow: Flow | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every fault is fixed, and no waiting event contradicts that."""
        return not self.left and (self.flow is None or self.flow.is_healthy)

    def is_fixed(self, fault: ResourceFault) -> bool:
        """Return whether a fault was not found again."""
        return fault.message not in {each.message for each in self.left}


class DoctorService(NamedTuple):
    """Examines and fixes one stack. Every method raises botocore's errors."""

    scope: StackContext

    def examine(self, routes: Path | None = None) -> Examination:
        """Run all checks. `routes` is the routes file to check instead of the deployed one. Changes nothing."""
        subject = open_subject(self.scope, routes)
        region = self.scope.aws.ssm.meta.region_name
        return Examination(subject.pipeline.name, region, checks.examine(subject))

    def faults(self) -> list[ResourceFault]:
        """Return what `fix` would fix. Changes nothing. Raise RejectedError for a stack of another product."""
        return repairing.all_faults(self.scope)

    def fix(self, interrupts: Interrupts, report: ReportLine, audit_file: Path | None = None) -> FixResult:
        """Fix the current faults under a lock, with an audit log, and watch whether events are processed again.

        Raise FailedError, and the errors of `scripts.aws.exclusive`.
        """
        done = repairing.repair(self.scope, interrupts, report, audit_file)
        has_mapping = any(fault.resource.type == "AWS::Lambda::EventSourceMapping" for fault in done)
        flow = watch(self.scope.aws.sqs, self.scope.stack.outputs["QueueUrl"]) if has_mapping else None
        return FixResult(done, self.faults(), flow)
