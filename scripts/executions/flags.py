"""Define the flags of the commands `executions …`."""

from enum import StrEnum
from typing import Annotated

import typer

from scripts.routes.completion import state_machine_names


class Status(StrEnum):
    """The statuses of executions that did not succeed, as AWS names them."""

    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME|ARN]…", help="Executions, as printed by list.", show_default=False)
]
StateMachineOption = Annotated[
    list[str] | None,
    typer.Option(
        autocompletion=state_machine_names,
        help="Filter by state machine, e.g. pod. Repeat the flag for several.",
    ),
]
StatusOption = Annotated[list[Status] | None, typer.Option(case_sensitive=False, help="Filter by status.")]
EndedSinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Ended since TIME: 90m, 24h or 3d ago, or an RFC 3339 time.")
]
ShowCauseOption = Annotated[bool, typer.Option("--show-cause", help="Show causes too; they may quote the event.")]
AllExecutionsOption = Annotated[
    bool, typer.Option("--all", help="Select all that did not succeed in the last 14 days.")
]
ApplyOption = Annotated[bool, typer.Option("--yes", help="Redrive the executions (default: dry run).")]
RedriveRateOption = Annotated[float, typer.Option(min=0.1, max=1000, help="Maximum executions per second.")]
