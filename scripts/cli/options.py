"""Options that several commands share, each with one meaning everywhere."""

from enum import StrEnum
from pathlib import Path
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


RoutesOption = Annotated[Path, typer.Option("--routes", help="The routes file.", dir_okay=False)]
JudgedRoutesOption = Annotated[
    Path | None,
    typer.Option("--routes", help="Judge by this routes file; else by the one that is deployed.", dir_okay=False),
]
OutputOption = Annotated[Output, typer.Option("--output", help="Text for people, or JSON for programs.")]
StageOption = Annotated[StageName, typer.Option(help="The stage; its stack is alma-webhooks-STAGE.")]
StackOption = Annotated[str | None, typer.Option(help="The stack, if it has another name.")]
AwsProfileOption = Annotated[
    str | None, typer.Option("--aws-profile", help="The AWS credentials profile, if not that of the AWS variables.")
]
RegionOption = Annotated[str | None, typer.Option(help="The AWS region [default: that of the usual AWS variables].")]
AuditOption = Annotated[Path | None, typer.Option(dir_okay=False, help="Write the audit log to this file too.")]
EmulatorOption = Annotated[str | None, typer.Option(help="The emulator; else AWS, by the usual AWS variables.")]
SkipPromptOption = Annotated[bool, typer.Option("--yes", help="Skip the confirmation prompt.")]
