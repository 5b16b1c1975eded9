"""Run `doctor --fix`: show the plan, ask, fix, and print the result."""

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
from scripts.doctor.repair.faults import ResourceFault
from scripts.doctor.repair.flow import Flow, watch
from scripts.doctor.repair.whole_stack import RepairResult, all_faults, repair

_err: Final = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def fix_stack(scope: StackContext, output: Output, *, yes: bool, audit_file: Path | None) -> bool:
    """Show the faults, ask, fix them, and print the result. Return whether all of them are verified as fixed."""
    _err.print(", ".join(f"{name} {value}" for name, value in scope.facts().items()))
    found = all_faults(scope)
    for line in _plan(found):
        _err.print(escape(line))
    if not found:
        _print(RepairResult([], []), None, output)
        return True
    if not yes and not typer.confirm("Apply these fixes?", err=True):
        raise RejectedError(f"Nothing was changed in the stack {scope.stack.name}.")
    result = _apply(scope, audit_file)
    flow = watch(scope.aws.sqs, scope.stack.outputs["QueueUrl"]) if result.has_mapping else None
    _print(result, flow, output)
    return not result.left and (flow is None or flow.is_healthy)


def _apply(scope: StackContext, audit_file: Path | None) -> RepairResult:
    try:
        with Interrupts() as interrupts:
            return repair(scope, interrupts, _err.print, audit_file)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted; run alma-webhooks doctor to see the current state.") from None


def _plan(found: list[ResourceFault]) -> Iterator[str]:
    for fault in found:
        yield f"{fault.remedy.value:<9}  {fault.message}"
        if fault.note:
            yield f"{'':<9}  {fault.note}"


def _print(result: RepairResult, flow: Flow | None, output: Output) -> None:
    if output is Output.json:
        typer.echo(json.dumps(_data(result, flow), ensure_ascii=False, indent=2))
        return
    for fault in result.done:
        state = "not fixed" if fault.message in {each.message for each in result.left} else "fixed"
        typer.echo(escape(f"{state:<9}  {fault.message}"))
    if flow:
        typer.echo(flow.message)
    if not result.done:
        typer.echo("nothing to fix")


def _data(result: RepairResult, flow: Flow | None) -> dict[str, Any]:
    left = {fault.message for fault in result.left}
    return {
        "repaired": [_fault(fault) | {"is_fixed": fault.message not in left} for fault in result.done],
        "left": [_fault(fault) for fault in result.left],
        "flow": flow._asdict() if flow else None,
    }


def _fault(fault: ResourceFault) -> dict[str, Any]:
    resource = fault.resource
    facts = {
        "stack": fault.stack.name,
        "logical_id": resource.logical,
        "type": resource.type,
        "physical_id": resource.physical,
    }
    return facts | {"remedy": fault.remedy.value, "message": fault.message, "note": fault.note}
