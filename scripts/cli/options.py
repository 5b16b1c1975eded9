"""Options that several commands share, each with one meaning everywhere."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.cli.product_files import PROJECT

ROUTES: Final = PROJECT / "examples" / "complete" / "routes.yaml"
"""The routes file of the shipped example."""


class Output(StrEnum):
    """The output format of a command: text for people, JSON for programs."""

    text = "text"
    json = "json"


class StageName(StrEnum):
    """The stages of routes and stacks."""

    dev = "dev"
    stg = "stg"
    prod = "prod"


class QueueSelector(StrEnum):
    """The two queues of a stage: that of events, and that of its notifications."""

    webhooks = "webhooks"
    notifications = "notifications"


SelectedQueueOption = Annotated[
    QueueSelector, typer.Option("--queue", help="The events of Alma, or the notifications to people.")
]
RoutesOption = Annotated[Path, typer.Option("--routes", help="The routes file.", dir_okay=False)]
JudgedRoutesOption = Annotated[
    Path | None,
    typer.Option("--routes", help="Use this routes file; default: the deployed one.", dir_okay=False),
]
OutputOption = Annotated[Output, typer.Option("--output", help="Output format: text for people, JSON for programs.")]
AuditOption = Annotated[Path | None, typer.Option(dir_okay=False, help="Write the audit log to this file too.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Wait for the outcome of each event, and print it.")]
TimeoutOption = Annotated[
    str, typer.Option("--timeout", metavar="DURATION", help="How long to wait, such as 45s or 10m.")
]
SkipPromptOption = Annotated[bool, typer.Option("--yes", help="Skip the confirmation prompt.")]
ProjectOption = Annotated[
    Path | None,
    typer.Option("--project", help="The project folder; default: the nearest with alma-webhooks.yaml.", file_okay=True),
]


@dataclass(frozen=True, kw_only=True)
class StackFlags:
    """The flags that name a stack. A command takes them as one parameter (`scripts/cli/flag_groups.py`).

    `scripts.aws.address` resolves those that are None from the environment, the project and the defaults.
    """

    stage: Annotated[
        StageName | None,
        typer.Option(help="The stage; default: ALMA_WEBHOOKS_STAGE, else that of the project, else dev."),
    ] = None
    stack: Annotated[
        str | None,
        typer.Option(
            help="The name of the stack; default: ALMA_WEBHOOKS_STACK, else that of the project, else "
            "alma-webhooks-STAGE."
        ),
    ] = None
    region: Annotated[
        str | None,
        typer.Option(
            help="The AWS region; default: AWS_REGION, else AWS_DEFAULT_REGION, else that of the project, else that of "
            "the AWS profile."
        ),
    ] = None
    aws_profile: Annotated[
        str | None,
        typer.Option(
            "--aws-profile",
            help="The AWS credentials profile; default: AWS_PROFILE, else AWS_DEFAULT_PROFILE, else that of the "
            "project.",
        ),
    ] = None
    endpoint_url: Annotated[
        str | None,
        typer.Option(
            help="The URL of a running emulator; default: ALMA_WEBHOOKS_ENDPOINT_URL, else AWS_ENDPOINT_URL, else that "
            "of the project, else AWS."
        ),
    ] = None
    project: Annotated[
        Path | None,
        typer.Option(
            help="The project folder, which gives defaults; default: ALMA_WEBHOOKS_PROJECT, else the nearest one "
            "upwards with an alma-webhooks.yaml."
        ),
    ] = None
