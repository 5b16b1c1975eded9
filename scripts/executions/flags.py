"""The flags of the commands `executions …`. Runs no command."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scripts.routes.completion import state_machine_names


class Status(StrEnum):
    """How an execution ends that does not succeed, in AWS' words."""

    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME|ARN]…", help="Executions, as list shows them.", show_default=False)
]
StateMachineOption = Annotated[
    list[str] | None,
    typer.Option(
        autocompletion=state_machine_names,
        help="Only of this state machine, e.g. pod. Repeat a flag for one or another.",
    ),
]
StatusOption = Annotated[list[Status] | None, typer.Option(case_sensitive=False, help="Only those that ended so.")]
SinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Only those ended since: 90m, 24h, 3d ago, or a moment by RFC 3339.")
]
CauseOption = Annotated[bool, typer.Option("--show-cause", help="Show the causes too; they may quote the events.")]
AllOption = Annotated[bool, typer.Option("--all", help="All that did not succeed in the last 14 days.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it. Else the plan is shown, and nothing done.")]
RateOption = Annotated[float, typer.Option(min=0.1, max=1000, help="How many a second at most.")]
AuditOption = Annotated[Path | None, typer.Option(dir_okay=False, help="Write the audit to this file too.")]
