"""The command `init`: its flags and questions. `scripts.project.scaffold` and `from_stack` compose the files."""

import os
import re
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from scripts.cli.flag_groups import expand
from scripts.cli.options import StageName
from scripts.project.event_families import DEFAULT, FAMILIES

if TYPE_CHECKING:
    from scripts.project.scaffold import ProjectRequest

_FAMILY_NAMES: Final = ", ".join(family.name for family in FAMILIES)

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="The new project folder.")]
NameOption = Annotated[
    str | None, typer.Option(help="The project's name, which marks its stacks; default: the folder's.")
]
NewRegionOption = Annotated[
    str | None,
    typer.Option(
        help="The AWS region of the stacks; default: AWS_REGION, AWS_DEFAULT_REGION, else that of the AWS profile."
    ),
]
StagesOption = Annotated[tuple[StageName, ...], typer.Option(help="A stage, repeatable; default: dev.")]
AlmaProfilesOption = Annotated[
    tuple[str, ...], typer.Option(help="A profile of Alma, repeatable; default: alma.", metavar="NAME")
]
AlarmEmailOption = Annotated[str | None, typer.Option(help="Who gets the alarms.", metavar="ADDRESS")]
FamiliesOption = Annotated[
    tuple[str, ...],
    typer.Option(help=f"A family of events to route: {_FAMILY_NAMES}; repeatable; default: loans.", metavar="FAMILY"),
]
FromNameOption = Annotated[
    str | None,
    typer.Option(help="The stack to read; default: ALMA_WEBHOOKS_STACK, else alma-webhooks-STAGE.", metavar="NAME"),
]
FromProfileOption = Annotated[
    str | None, typer.Option(help="The AWS credentials profile; default: AWS_PROFILE, else AWS_DEFAULT_PROFILE.")
]
FromEmulatorOption = Annotated[
    str | None,
    typer.Option(
        help="The URL of a running emulator; default: ALMA_WEBHOOKS_ENDPOINT_URL, else AWS_ENDPOINT_URL, else AWS."
    ),
]
FromStackOption = Annotated[
    bool, typer.Option("--from-stack", help="Write the folder of a stack that is deployed already.")
]


@dataclass(frozen=True)
class InitOptions:
    """The flags of `init`."""

    name: NameOption = None
    region: NewRegionOption = None
    stage: StagesOption = ()
    alma_profile: AlmaProfilesOption = ()
    alarm_email: AlarmEmailOption = None
    route: FamiliesOption = ()
    from_stack: FromStackOption = False
    stack: FromNameOption = None
    aws_profile: FromProfileOption = None
    endpoint_url: FromEmulatorOption = None

    def __post_init__(self) -> None:
        """Raise ConfigurationError for flags that contradict each other."""
        from scripts.cli.exit_codes import ConfigurationError

        of_stack = {"--stack": self.stack, "--aws-profile": self.aws_profile, "--endpoint-url": self.endpoint_url}
        of_new = {
            "--name": self.name,
            "--alma-profile": self.alma_profile,
            "--alarm-email": self.alarm_email,
            "--route": self.route,
        }
        wrong = [flag for flag, value in (of_new if self.from_stack else of_stack).items() if value]
        if wrong:
            reason = "the stack decides that" if self.from_stack else "it needs --from-stack"
            raise ConfigurationError(f"{wrong[0]} is not possible here: {reason}.")
        if self.from_stack and len(self.stage) > 1:
            raise ConfigurationError("--from-stack reads one stack: pass --stage once.")


@expand
def init(folder: FolderArgument, *, options: InitOptions) -> None:
    """Create a project folder: configuration, routes and sample events.

    Asks for what no flag says if there is a terminal; otherwise it uses the defaults. Exits 3 and writes nothing if one
    of its files is there already; only .gitignore gets the lines that it lacks.

    Example: alma-webhooks init library --region eu-central-1 --route loans --route users
    """
    from scripts.cli.options import Output
    from scripts.cli.output import notices, print_result
    from scripts.cli.terminal import escape
    from scripts.project import new_folder, scaffold

    path = folder.expanduser().resolve() if folder.name in {"", "..", "."} else folder.expanduser()
    notes: Iterable[str] = ()
    if options.from_stack:
        files, notes = _of_stack(options)
    else:
        new_folder.check_free(path, scaffold.files(scaffold.ProjectRequest("any", families=options.route or DEFAULT)))
        files = scaffold.files(_request(path, options))
    written = new_folder.write(path, files)
    print_result(Output.text, None, (escape(f"wrote {each}") for each in written))
    notices([*notes, f"next: cd {shlex.quote(str(path))}; alma-webhooks routes check"])


def _of_stack(options: InitOptions) -> tuple[dict[str, bytes], list[str]]:
    from scripts.aws.address import resolve
    from scripts.aws.context import clients_at
    from scripts.cli.options import StackFlags
    from scripts.cli.output import notice
    from scripts.cli.terminal import escape
    from scripts.deploy import from_stack

    flags = StackFlags(
        stage=options.stage[0] if options.stage else None,
        stack=options.stack,
        region=options.region,
        aws_profile=options.aws_profile,
        endpoint_url=options.endpoint_url,
    )
    address = resolve(flags, os.environ, None)
    found = from_stack.read(clients_at(address), address.chosen("stage"), address.chosen("stack"))
    facts = found.place.facts_of_project(found.stage)
    notice(escape(", ".join(f"{name} {value}" for name, value in facts.items())))
    return from_stack.files(found), from_stack.notes(found)


def _request(path: Path, options: InitOptions) -> "ProjectRequest":
    """Return what the flags say, and what a person answers for the rest if there is a terminal."""
    from scripts.aws.clients import configured_region
    from scripts.project.scaffold import STAGES, ProjectRequest

    name = options.name or _asked("Name of the project", _name_of(path))
    region = options.region or _asked("AWS region (empty: from the AWS settings)", configured_region() or "")
    stages = [each.value for each in options.stage] or _asked_list(f"Stages ({', '.join(STAGES)})", ("dev",))
    profiles = options.alma_profile or _asked_list("Alma profiles that send events", ("alma",))
    email = options.alarm_email or _asked("E-mail address for alarms (empty: nobody)", "")
    families = options.route or _asked_list(f"Events to route ({_FAMILY_NAMES})", DEFAULT)
    return ProjectRequest(name, region or None, stages, profiles, email or None, families)


def _asked(question: str, default: str) -> str:
    if not sys.stdin.isatty():
        return default
    return str(typer.prompt(question, default=default, err=True, show_default=bool(default))).strip()


def _asked_list(question: str, default: tuple[str, ...]) -> list[str]:
    return re.findall(r"[^\s,]+", _asked(question, ",".join(default)))


def _name_of(path: Path) -> str:
    """Return the folder's name in the form of a project's name, or alma-webhooks if nothing of it is left."""
    words = re.sub(r"[^a-z0-9]+", "-", path.name.lower()).strip("-0123456789")
    return words[:63].rstrip("-") or "alma-webhooks"
