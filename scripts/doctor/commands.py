"""Define the command `doctor`: its flags and its output."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.aws.context import StackContext, aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import ConfigurationError, FailedError, StoppedError
from scripts.cli.options import (
    AuditOption,
    EmulatorOption,
    JudgedRoutesOption,
    Output,
    OutputOption,
    SkipPromptOption,
    StackOption,
    StageName,
    StageOption,
)
from scripts.cli.prompts import check_can_ask
from scripts.doctor.examination import examine
from scripts.doctor.finding import Finding
from scripts.doctor.fix_stack import fix_stack
from scripts.doctor.report import as_data, lines
from scripts.doctor.subject import Subject, open_subject

FixOption = Annotated[
    bool, typer.Option("--fix", help="Recreate deleted resources and enable disabled ones, after asking.")
]

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def doctor(
    stage: StageOption = StageName.dev,
    routes: JudgedRoutesOption = None,
    fix: FixOption = False,  # noqa: FBT002 -- a flag
    yes: SkipPromptOption = False,  # noqa: FBT002 -- a flag
    audit_file: AuditOption = None,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Check a deployed stack's health and suggest fixes. Changes nothing, unless --fix is given.

    Exits 1 if a check is unhealthy or unknown; with --fix, if a resource could not be fixed.

    Example: alma-webhooks doctor --stage prod
    """
    if fix:
        check_can_ask(yes=yes)
        with aws_errors_explained():
            _fix(open_stack_context(stage.value, stack, endpoint_url), output, yes=yes, audit_file=audit_file)
        return
    if yes or audit_file:
        raise ConfigurationError("--yes and --audit-file need --fix: without it, doctor changes nothing.")
    try:
        with aws_errors_explained(), _err.status("checking"):
            subject = open_subject(open_stack_context(stage.value, stack, endpoint_url), routes)
            findings = examine(subject)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted before all checks ended; nothing was changed.") from None
    _print(subject, findings, output)


def _fix(scope: StackContext, output: Output, *, yes: bool, audit_file: Path | None) -> None:
    if not fix_stack(scope, output, yes=yes, audit_file=audit_file):
        raise FailedError(f"Not everything could be fixed or verified; run: alma-webhooks doctor {scope.options}")


def _print(subject: Subject, findings: list[Finding], output: Output) -> None:
    data = as_data(subject, findings)
    if output is Output.json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        console = Console(soft_wrap=True, highlight=False, markup=False)
        for line in lines(subject, findings):
            console.print(line)
    if not data["healthy"]:
        raise typer.Exit(1)
