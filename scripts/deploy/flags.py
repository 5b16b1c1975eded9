"""The flags of `deploy` and `destroy`, and those of `package` that no other command has."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scripts.aws.completion import alma_profiles, beginning, parameter_names, topics
from scripts.aws.parameters import listed, parse
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import (
    ROUTES,
    AwsProfileOption,
    EmulatorOption,
    RegionOption,
    RoutesOption,
    SkipPromptOption,
    StackOption,
    StageOption,
)
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
    tuple[str, ...],
    typer.Option(
        "--alma-profile",
        help="Serve this Alma profile besides those that are served, repeatable; default for a new stack: alma.",
        autocompletion=alma_profiles,
    ),
]
AmbiguousProfileOption = Annotated[tuple[str, ...], typer.Option("--profile", hidden=True)]
AllowRemovalOption = Annotated[
    tuple[str, ...],
    typer.Option(
        "--allow-removal",
        help="Allow the deployment to remove this Alma profile, topic, route or other item, repeatable.",
        metavar="NAME",
        autocompletion=removable_names,
    ),
]
ParameterOption = Annotated[
    tuple[str, ...],
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


@dataclass(frozen=True)
class DeploymentOptions:
    """What a user wants deployed: the flags of `deploy`. `alma_profile` is added to the profiles that are served."""

    stage: StageOption
    region: RegionOption = None
    stack: StackOption = None
    alma_profile: AlmaProfileOption = ()
    profile: AmbiguousProfileOption = ()
    aws_profile: AwsProfileOption = None
    parameter: ParameterOption = ()
    routes: RoutesOption = ROUTES
    python: PythonOption = None
    yes: SkipPromptOption = False
    allow_removal: AllowRemovalOption = ()
    abandon_data: AbandonOption = False
    endpoint_url: EmulatorOption = None

    def __post_init__(self) -> None:
        """Raise ConfigurationError for `--profile`, which could mean either profile, and for an invalid parameter."""
        if self.profile:
            raise ConfigurationError(
                "--profile is ambiguous, so nothing was changed: pass --alma-profile NAME to serve another Alma "
                "profile, or --aws-profile NAME to choose the AWS credentials."
            )
        parse(self.parameter)

    @property
    def parameters(self) -> dict[str, str]:
        """The chosen template parameters by name."""
        return parse(self.parameter)

    def check(self) -> None:
        """Raise ConfigurationError for options that contradict each other, and for an invalid Alma profile's name."""
        from scripts.secret.store import check_name

        chosen = self.parameters
        if self.alma_profile and "Profiles" in chosen:
            raise ConfigurationError(
                "Pass either --alma-profile, which adds to the Alma profiles that are served, or --parameter "
                "Profiles=…, which lists all of them."
            )
        for profile in (*self.alma_profile, *listed(chosen.get("Profiles", ""))):
            check_name(profile)
        if chosen.get("DomainName") and chosen.get("CertificateArn") == "":
            raise ConfigurationError("The parameter DomainName needs CertificateArn.")


@dataclass(frozen=True)
class DestructionOptions:
    """What a user wants deleted: the flags of `destroy`."""

    stage: StageOption
    region: RegionOption = None
    aws_profile: AwsProfileOption = None
    stack: StackOption = None
    yes: SkipPromptOption = False
    endpoint_url: EmulatorOption = None
