"""The flags of `deploy` and `destroy`, and those of `package` that no other command has."""

from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from scripts.aws.completion import alma_profiles, beginning, parameter_names, topics
from scripts.aws.parameters import parse
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import SkipPromptOption, StackFlags
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


AmbiguousProfileOption = Annotated[tuple[str, ...], typer.Option("--profile", hidden=True)]
AllowRemovalOption = Annotated[
    tuple[str, ...],
    typer.Option(
        help="Allow the deployment to remove this Alma profile, topic, route or other item, repeatable.",
        metavar="NAME",
        autocompletion=removable_names,
    ),
]
ParameterOption = Annotated[
    tuple[str, ...],
    typer.Option(
        help="Set a template parameter for this deployment only, repeatable; the next one reverts it to the file.",
        metavar="NAME=VALUE",
        autocompletion=parameter_names,
    ),
]
TakeOverOption = Annotated[
    str | None, typer.Option(help="Make the stack of this other project one of yours.", metavar="NAME")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print the plan and change nothing.")]
ExitCodeOption = Annotated[
    bool,
    typer.Option("--exit-code", help="With --dry-run: exit 0 if nothing would change, 4 for changes, 5 for removals."),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Reject routes with warnings, as `routes check --strict` does.")
]
AbandonOption = Annotated[
    bool,
    typer.Option("--abandon-data", help="Allow the change to replace or remove a queue, table, bucket or the API."),
]
EverythingOption = Annotated[
    bool,
    typer.Option(
        "--everything",
        help="Export the dead letters and the audit log to files, then delete the queues, tables, bucket, logs and "
        "secrets too.",
    ),
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
NotificationsOption = Annotated[
    bool, typer.Option("--notifications", help="Build the zip of the notification functions too.")
]
PartOption = Annotated[
    list[str] | None,
    typer.Option(help="Build the zip of this further part of the project too, repeatable.", metavar="NAME"),
]
OutOption = Annotated[Path, typer.Option(help="The folder for the zips.", file_okay=False)]


@dataclass(frozen=True, kw_only=True)
class DeploymentOptions(StackFlags):
    """The flags of `deploy`. What the stack is comes from the project; `parameter` deviates from it once."""

    profile: AmbiguousProfileOption = ()
    parameter: ParameterOption = ()
    python: PythonOption = None
    yes: SkipPromptOption = False
    dry_run: DryRunOption = False
    exit_code: ExitCodeOption = False
    allow_removal: AllowRemovalOption = ()
    take_over: TakeOverOption = None
    strict: StrictOption = False
    abandon_data: AbandonOption = False

    def __post_init__(self) -> None:
        """Raise ConfigurationError for flags that contradict each other, an ambiguous or an invalid one."""
        if self.profile:
            raise ConfigurationError(
                "--profile is ambiguous, so nothing was changed: list an Alma profile under alma_profiles in "
                "alma-webhooks.yaml, or pass --aws-profile NAME to choose the AWS credentials."
            )
        parse(self.parameter)
        if self.exit_code and not self.dry_run:
            raise ConfigurationError("--exit-code needs --dry-run, whose exit code says what would change.")

    @property
    def parameters(self) -> dict[str, str]:
        """The chosen template parameters by name."""
        return parse(self.parameter)

    @property
    def apply(self) -> str:
        """The command that carries out the plan of these flags, without those of the address and of removals."""
        flags = [f"--parameter {quote(each)}" for each in self.parameter]
        flags += [f"--take-over {quote(self.take_over)}"] if self.take_over else []
        flags += [f"--python {quote(str(self.python))}"] if self.python else []
        return " ".join(["deploy", *flags, *(["--abandon-data"] if self.abandon_data else [])])


@dataclass(frozen=True, kw_only=True)
class RollbackOptions(StackFlags):
    """The flags of `rollback`. What the stack becomes is what the record of a deployment says."""

    yes: SkipPromptOption = False
    dry_run: DryRunOption = False
    allow_removal: AllowRemovalOption = ()
    abandon_data: AbandonOption = False

    @property
    def apply(self) -> str:
        """The command that carries out the plan of these flags, without those of the address and of removals."""
        return "rollback --abandon-data" if self.abandon_data else "rollback"


@dataclass(frozen=True, kw_only=True)
class UpgradeCheckOptions(StackFlags):
    """The flags of `upgrade-check`."""

    python: PythonOption = None

    @property
    def deployment(self) -> DeploymentOptions:
        """The same flags for the dry run of a deployment."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return DeploymentOptions(**given, dry_run=True)


@dataclass(frozen=True, kw_only=True)
class DestructionOptions(StackFlags):
    """What a user wants deleted: the flags of `destroy`."""

    yes: SkipPromptOption = False
    everything: EverythingOption = False
