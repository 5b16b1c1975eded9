"""What `doctor --fix` shows and asks, and how it ends. It looks and repairs nothing itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer
from rich.console import Console

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import RejectedError, StoppedError
from scripts.cli.options import Output
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escape
from scripts.doctor.repair.faults import Fault
from scripts.doctor.repair.flow import Flow, watch
from scripts.doctor.repair.whole_stack import Repaired, all_faults, repair

_err: Final = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def fix_stack(scope: StackContext, output: Output, *, yes: bool, audit_file: Path | None) -> bool:
    """Show the faults, ask, repair them, and print what was done. Return whether all of it is proven."""
    _err.print(", ".join(f"{name} {value}" for name, value in scope.facts().items()))
    found = all_faults(scope)
    for line in _plan(found):
        _err.print(escape(line))
    if not found:
        _print(Repaired([], []), None, output)
        return True
    if not yes and not typer.confirm("Do this?", err=True):
        raise RejectedError(f"Nothing was changed in the stack {scope.stack.name}.")
    repaired = _repaired(scope, audit_file)
    flow = watch(scope.aws.sqs, scope.stack.outputs["QueueUrl"]) if repaired.has_mapping else None
    _print(repaired, flow, output)
    return not repaired.left and (flow is None or flow.is_well)


def _repaired(scope: StackContext, audit_file: Path | None) -> Repaired:
    try:
        with Interrupts() as interrupts:
            return repair(scope, interrupts, _err.print, audit_file)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted; alma-webhooks doctor says what is there now.") from None


def _plan(found: list[Fault]) -> Iterator[str]:
    for fault in found:
        yield f"{fault.remedy.value:<8}  {fault.told}"
        if fault.note:
            yield f"{'':<8}  {fault.note}"


def _print(repaired: Repaired, flow: Flow | None, output: Output) -> None:
    if output is Output.json:
        typer.echo(json.dumps(_data(repaired, flow), ensure_ascii=False, indent=2))
        return
    for fault in repaired.done:
        state = "still so" if fault.told in {each.told for each in repaired.left} else "fixed"
        typer.echo(escape(f"{state:<8}  {fault.told}"))
    if flow:
        typer.echo(flow.told)
    if not repaired.done:
        typer.echo("nothing that doctor --fix brings back is missing")


def _data(repaired: Repaired, flow: Flow | None) -> dict[str, Any]:
    left = {fault.told for fault in repaired.left}
    return {
        "repaired": [_fault(fault) | {"is_fixed": fault.told not in left} for fault in repaired.done],
        "left": [_fault(fault) for fault in repaired.left],
        "flow": flow._asdict() if flow else None,
    }


def _fault(fault: Fault) -> dict[str, Any]:
    part = fault.part
    facts = {"stack": fault.stack.name, "logical_id": part.logical, "type": part.type, "physical_id": part.physical}
    return facts | {"remedy": fault.remedy.value, "told": fault.told, "note": fault.note}
