"""The flags of `deploy`, `destroy` and `package` that no other command has."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scripts.aws.completion import alma_profiles, beginning, parameter_names, topics
from scripts.deploy.runtime import VERSION, Architecture


class PackageTarget(StrEnum):
    """Where the zips will run. This decides what they contain besides the project's own files."""

    host = "host"
    lambda_ = "lambda"


def removable_names(context: typer.Context, incomplete: str) -> list[str]:
    """Complete what a deployment can remove: Alma profiles, topics and routes."""

    def found() -> list[str]:
        from scripts.routes.completion import route_names

        return [name for complete in (alma_profiles, topics, route_names) for name in complete(context, "")]

    return beginning(found, incomplete)


AlmaProfileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--alma-profile",
        help="Serve this Alma profile besides those that are served, repeatable; default for a new stack: alma.",
        autocompletion=alma_profiles,
    ),
]
AmbiguousProfileOption = Annotated[list[str] | None, typer.Option("--profile", hidden=True)]
AllowRemovalOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-removal",
        help="Allow the deployment to remove this Alma profile, topic, route or other item, repeatable.",
        metavar="NAME",
        autocompletion=removable_names,
    ),
]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Set a template parameter, repeatable; else it keeps its value.",
        metavar="NAME=VALUE",
        autocompletion=parameter_names,
    ),
]
AbandonOption = Annotated[
    bool,
    typer.Option("--abandon-data", help="Allow the change to replace or remove a queue, table, bucket or the API."),
]
PythonOption = Annotated[
    Path | None, typer.Option(help=f"Path of the Python {VERSION} that compiles the zips for Lambda; default: search.")
]
PackageTargetOption = Annotated[
    PackageTarget, typer.Option(help="Where the zips run: on the emulator of this computer, or on Lambda.")
]
ArchitectureOption = Annotated[
    Architecture, typer.Option(help="The instruction set of Lambda: the template parameter Architecture.")
]
SentryOption = Annotated[
    bool, typer.Option("--sentry", help="Include sentry-sdk, which the parameter SentryDsn needs.")
]
OutOption = Annotated[Path, typer.Option(help="The folder for the zips.", file_okay=False)]
