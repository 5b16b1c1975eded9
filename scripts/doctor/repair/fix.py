"""Find and fix the faults of all stacks of a deployment, under a lock and with an audit log.

A missing resource is recreated through its stack, so that CloudFormation knows it. This takes two change sets: the
first removes the missing resources from the deployed template, the second adds them again, with the properties, the
policy and the tags that the template and the stack define.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scripts.aws.audit_log import Audit
from scripts.aws.context import StackContext
from scripts.aws.exclusive import caller_of, exclusive
from scripts.aws.stack import ReportLine
from scripts.cli.exit_codes import FailedError
from scripts.cli.plural import plural
from scripts.cli.signals import Interrupts
from scripts.deploy import change_sets
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.change_sets import ChangeSetRequest
from scripts.doctor.repair.faults import MAPPING, Remedy, ResourceFault, all_faults
from scripts.doctor.repair.stack_parts import StackResources, with_companions, without

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


_LOCK: Final = "stack-resources"
_LOCK_SECONDS: Final = 3600  # two change sets of each stack
_COMMAND: Final = "doctor-fix"

_SECONDS: Final = 1800.0
_PAUSE_SECONDS: Final = 1.0

_WATCH_SECONDS: Final = 120.0
_WATCH_PAUSE_SECONDS: Final = 2.0


class Flow(NamedTuple):
    """What the counts of the queue showed; `is_healthy` is false only if no waiting event left it."""

    is_healthy: bool
    message: str


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


def fix_faults(
    scope: StackContext, interrupts: Interrupts, report: ReportLine, audit_file: Path | None = None
) -> FixResult:
    """Fix the current faults under a lock, with an audit log, and watch whether events are processed again.

    Raise FailedError, botocore's errors and those of `exclusive`.
    """
    caller = caller_of(scope.aws)
    repairing = StackRepair(scope, caller.account, report)
    held = exclusive(scope, _LOCK, _COMMAND, caller=caller, audit_file=audit_file, seconds=_LOCK_SECONDS)
    with held as session:
        found = all_faults(scope)
        with interrupts.deferred():
            _repair(repairing, found, session.audit)
    has_mapping = any(fault.resource.type == MAPPING and fault.stack.name == scope.stack.name for fault in found)
    flow = watch(scope.aws.sqs, scope.stack.outputs["QueueUrl"]) if has_mapping else None
    return FixResult(found, all_faults(scope), flow)


class StackRepair(NamedTuple):
    """Fixes faults of stacks in an account. `report` receives lines of progress."""

    scope: StackContext
    account: str
    report: ReportLine
    seconds: float = _SECONDS
    sleep: Callable[[float], None] = time.sleep

    def recreate(self, faults: Sequence[ResourceFault]) -> None:
        """Recreate the missing resources of one stack. Raise FailedError and botocore's errors."""
        resources = faults[0].stack
        gone = with_companions(resources, [fault.resource for fault in faults])
        names = {resource.logical for resource in gone}
        self._change(resources, without(resources, gone, self.scope.region, self.account), names, "remove")
        try:
            self._change(resources, resources.template, names, "add")
        except FailedError as error:
            raise FailedError(
                f"{str(error).rstrip('.')}. The stack {resources.name} now lacks {', '.join(sorted(names))}. Fix the "
                f"cause, then add them: alma-webhooks deploy {self.scope.options}"
            ) from None

    def enable(self, fault: ResourceFault) -> None:
        """Enable a mapping and wait until it is. Raise FailedError if that takes too long."""
        functions = self.scope.aws.functions
        functions.update_event_source_mapping(UUID=fault.resource.physical, Enabled=True)
        deadline = time.monotonic() + self.seconds
        while functions.get_event_source_mapping(UUID=fault.resource.physical).get("State") != "Enabled":
            if time.monotonic() > deadline:
                raise FailedError(f"The mapping {fault.resource.physical} was not enabled within {self.seconds:.0f} s.")
            self.sleep(_PAUSE_SECONDS)

    def _change(self, resources: StackResources, template: Any, names: Iterable[str], action: str) -> None:
        artefacts = Artefacts(self.scope.aws, self.account, self.scope.region)
        body = json.dumps(template, separators=(",", ":"), ensure_ascii=False)
        kept: Any = [
            {"ParameterKey": name, "UsePreviousValue": True} for name in resources.template.get("Parameters", {})
        ]
        request = ChangeSetRequest(resources.name, "UPDATE", artefacts.template(body), kept)
        change_set = change_sets.create(self.scope.aws, request)
        done = {change.name for change in change_set.changes if change.action == action}
        # Values stay the same, so a resource that "may" be replaced is not; one that holds events is not risked.
        others = [
            f"{change.action} {change.name}"
            for change in change_set.changes
            if change.name not in names and (change.loss or change.action not in {"change", "may replace"})
        ]
        if others or done != set(names):
            if change_set.changes:
                change_sets.discard(self.scope.aws, change_set)
            problem = "; ".join(others) or f"does not {action} {', '.join(sorted(set(names) - done))}"
            raise FailedError(f"The change set of {resources.name} differs from the fix ({problem}); not executed.")
        change_sets.execute(self.scope.aws, change_set, self.report, seconds=self.seconds)


def _repair(repairing: StackRepair, found: list[ResourceFault], audit: Audit) -> None:
    missing = (fault for fault in found if fault.remedy is Remedy.recreate)
    for _, of_stack in groupby(missing, lambda fault: fault.stack.name):  # the faults come stack by stack
        group = list(of_stack)
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


def watch(
    sqs: "SQSClient", queue_url: str, sleep: Callable[[float], None] = time.sleep, seconds: float = _WATCH_SECONDS
) -> Flow:
    """Wait, at most two minutes, until the processor has received waiting events."""
    first = last = _waiting(sqs, queue_url)
    if not first:
        return Flow(
            is_healthy=True, message="no event is waiting on the webhook queue, so the fix is not verified by one"
        )
    deadline = time.monotonic() + seconds
    while last >= first and time.monotonic() < deadline:
        sleep(_WATCH_PAUSE_SECONDS)
        last = _waiting(sqs, queue_url)
    if last >= first:
        waiting = plural(last, "event is", "events are")
        message = f"not verified: about {waiting} still waiting on the webhook queue, {first} before"
        return Flow(is_healthy=False, message=message)
    return Flow(is_healthy=True, message=f"events are processed: the queue held about {first}, now about {last}")


def _waiting(sqs: "SQSClient", queue_url: str) -> int:
    name: Final = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])["Attributes"][name])
