"""Options that several commands share, each with one meaning everywhere. Runs no command."""

from enum import StrEnum
from typing import Annotated

import typer


class Output(StrEnum):
    """What a command prints: text for people, JSON for programs."""

    text = "text"
    json = "json"


class StageName(StrEnum):
    """The stages that routes and stacks know."""

    dev = "dev"
    stg = "stg"
    prod = "prod"


OutputOption = Annotated[Output, typer.Option("--output", help="Text for people, or JSON for programs.")]
