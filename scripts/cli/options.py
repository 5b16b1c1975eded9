"""Options that several commands share, each with one meaning everywhere."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.cli.product_files import PROJECT

ROUTES: Final = PROJECT / "processor" / "routes.yaml"
"""The routes file of the project."""


class Output(StrEnum):
    """The output format of a command: text for people, JSON for programs."""

    text = "text"
    json = "json"


class StageName(StrEnum):
    """The stages of routes and stacks."""

    dev = "dev"
    stg = "stg"
    prod = "prod"


RoutesOption = Annotated[Path, typer.Option("--routes", help="The routes file.", dir_okay=False)]
JudgedRoutesOption = Annotated[
    Path | None,
    typer.Option("--routes", help="Use this routes file; default: the deployed one.", dir_okay=False),
]
OutputOption = Annotated[Output, typer.Option("--output", help="Output format: text for people, JSON for programs.")]
StageOption = Annotated[StageName, typer.Option(help="The stage. Its stack is alma-webhooks-STAGE.")]
StackOption = Annotated[str | None, typer.Option(help="The name of the stack; default: alma-webhooks-STAGE.")]
AwsProfileOption = Annotated[
    str | None, typer.Option("--aws-profile", help="The AWS credentials profile; default: from the AWS_* variables.")
]
RegionOption = Annotated[str | None, typer.Option(help="The AWS region; default: from the AWS_* variables.")]
AuditOption = Annotated[Path | None, typer.Option(dir_okay=False, help="Write the audit log to this file too.")]
SkipPromptOption = Annotated[bool, typer.Option("--yes", help="Skip the confirmation prompt.")]
EmulatorOption = Annotated[str | None, typer.Option(help="The URL of a running emulator; default: AWS.")]


@dataclass(frozen=True)
class StackFlags:
    """The flags that name a stack. A command takes them as one parameter (`scripts/cli/flag_groups.py`)."""

    stage: StageOption = StageName.dev
    stack: StackOption = None
    endpoint_url: EmulatorOption = None
