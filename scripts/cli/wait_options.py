"""Options of commands that wait for the outcome of events."""

from typing import Annotated

import typer

WaitOption = Annotated[bool, typer.Option("--wait", help="Wait for the outcome of each event, and print it.")]
TimeoutOption = Annotated[
    str, typer.Option("--timeout", metavar="DURATION", help="How long to wait, such as 45s or 10m.")
]
