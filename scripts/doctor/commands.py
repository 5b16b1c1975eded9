"""Define the command `doctor`: its flags, its confirmation and its output. `examine` and `fix_faults` do the work."""

from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.aws.context import StackContext
from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.cli.flag_groups import expand
from scripts.cli.options import AuditOption, JudgedRoutesOption, Output, OutputOption, SkipPromptOption, StackFlags
from scripts.cli.output import NOTICES, notice, print_result
from scripts.cli.prompts import check_can_ask
from scripts.cli.signals import Interrupts
from scripts.doctor import report
from scripts.doctor.checks import examine
from scripts.doctor.repair.faults import all_faults
from scripts.doctor.repair.fix import FixResult, fix_faults

FixOption = Annotated[
    bool, typer.Option("--fix", help="Recreate deleted resources and enable disabled ones, after asking.")
]

_FIX_INTERRUPTED: Final = "Interrupted; to see the current state, run: alma-webhooks doctor {options}"


@expand
def doctor(
    *,
    routes: JudgedRoutesOption = None,
    fix: FixOption = False,
    yes: SkipPromptOption = False,
    audit_file: AuditOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Check a deployed stack's health and suggest fixes. Changes nothing, unless --fix is given.

    Exits 1 if a check is unhealthy or unknown; with --fix, if a resource could not be fixed.

    Example: alma-webhooks doctor --stage prod
    """
    if fix:
        check_can_ask(yes=yes)
        with stack_command(stack, _FIX_INTERRUPTED) as (scope, interrupts):
            _fix(scope, interrupts, output, yes=yes, audit_file=audit_file)
        return
    if yes or audit_file:
        raise ConfigurationError("--yes and --audit-file need --fix: without it, doctor changes nothing.")
    with (
        stack_command(stack, "Interrupted before all checks ended; nothing was changed.") as (scope, _),
        NOTICES.status("checking"),
    ):
        examination = examine(scope, routes)
    print_result(output, report.as_data(examination), report.lines(examination), report.colored)
    if not examination.is_healthy:
        raise typer.Exit(1)


def _fix(scope: StackContext, interrupts: Interrupts, output: Output, *, yes: bool, audit_file: Path | None) -> None:
    """Show the faults, ask, fix them, and print the result. Raise FailedError unless all are verified as fixed."""
    result = FixResult([], [])
    found = all_faults(scope)
    notice(*report.plan_lines(found))
    if found and not yes and not typer.confirm("Apply these fixes?", err=True):
        raise RejectedError(f"Nothing was changed in the stack {scope.stack.name}.")
    if found:
        result = fix_faults(scope, interrupts, notice, audit_file)
    print_result(output, report.fix_data(result), report.fix_lines(result))
    if not result.is_complete:
        raise FailedError(f"Not everything could be fixed or verified; run: alma-webhooks doctor {scope.options}")
