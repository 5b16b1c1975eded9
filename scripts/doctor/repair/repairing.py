"""Brings back what is missing: through its own stack, so that CloudFormation knows it; a mapping is switched on.

Two change sets: the first takes the missing resources out of the deployed template, the second puts them back, with the
properties, the policy and the tags that the template and the stack give them.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from scripts.aws import stack
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import FailedError
from scripts.deploy import change_sets
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.change_sets import ChangeSetRequest
from scripts.doctor.repair.faults import Fault, Remedy
from scripts.doctor.repair.stack_parts import StackParts
from scripts.doctor.repair.without import with_companions, without

_SECONDS: Final = 1800.0
_PAUSE_SECONDS: Final = 1.0


class Repairing(NamedTuple):
    """What it takes: the clients, the place, and where lines of progress go."""

    aws: Aws
    account: str
    region: str
    report: stack.ReportLine
    seconds: float = _SECONDS
    sleep: Callable[[float], None] = time.sleep

    def recreate(self, faults: Sequence[Fault]) -> None:
        """Recreate the missing resources of one stack. Raises FailedError, and botocore's errors."""
        parts = faults[0].stack
        gone = with_companions(parts, [fault.part for fault in faults])
        names = {part.logical for part in gone}
        self._change(parts, without(parts, gone, self.region, self.account), names, "remove")
        try:
            self._change(parts, parts.template, names, "add")
        except FailedError as error:
            raise FailedError(
                f"{str(error).rstrip('.')}. The stack {parts.name} lacks {', '.join(sorted(names))} now: see to the "
                "cause, then run alma-webhooks deploy, which adds them."
            ) from None

    def enable(self, fault: Fault) -> None:
        """Switch a mapping on, and wait until it is. Raises FailedError when that takes too long."""
        self.aws.functions.update_event_source_mapping(UUID=fault.part.physical, Enabled=True)
        deadline = time.monotonic() + self.seconds
        while self.aws.functions.get_event_source_mapping(UUID=fault.part.physical).get("State") != "Enabled":
            if time.monotonic() > deadline:
                raise FailedError(f"The mapping {fault.part.physical} was not enabled within {self.seconds:.0f} s.")
            self.sleep(_PAUSE_SECONDS)

    def _change(self, parts: StackParts, template: Any, names: Iterable[str], action: str) -> None:
        artefacts = Artefacts(self.aws, self.account, self.region)
        body = json.dumps(template, separators=(",", ":"), ensure_ascii=False)
        kept: Any = [{"ParameterKey": name, "UsePreviousValue": True} for name in parts.template.get("Parameters", {})]
        change_set = change_sets.create(
            self.aws, ChangeSetRequest(parts.name, "UPDATE", artefacts.template(body), kept, [])
        )
        done = {change.name for change in change_set.changes if change.action == action}
        # Their values stay as they are, so what "may" be replaced is not; what holds events is not risked even so.
        others = [
            f"{change.action} {change.name}"
            for change in change_set.changes
            if change.name not in names and (change.loss or change.action not in {"change", "may replace"})
        ]
        if others or done != set(names):
            if change_set.changes:
                change_sets.discard(self.aws, change_set)
            told = "; ".join(others) or f"not {action} {', '.join(sorted(set(names) - done))}"
            raise FailedError(f"The change set of {parts.name} is not the repair ({told}); it was not executed.")
        change_sets.execute(self.aws, change_set, self.report, seconds=self.seconds)


def by_stack(faults: Iterable[Fault]) -> list[list[Fault]]:
    """Return the faults that are recreated, by their stack."""
    grouped: dict[str, list[Fault]] = {}
    for fault in faults:
        if fault.remedy is Remedy.recreate:
            grouped.setdefault(fault.stack.name, []).append(fault)
    return list(grouped.values())
