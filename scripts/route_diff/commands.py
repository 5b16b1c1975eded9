"""The command `routes diff`: flags and output. It changes nothing."""

from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.alma_client.samples import load_with_shipped
from scripts.aws.address import address_of
from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.options import Output, OutputOption, StackFlags
from scripts.cli.output import print_result
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.dead_letters.session import service_for_reading
from scripts.project.folder import found_or_example
from scripts.project.used import used_project
from scripts.route_diff import report
from scripts.route_diff.events import ComparedEvent, dead_letter_events, folder_events, sample_events
from scripts.route_diff.service import RoutesComparison, compare
from scripts.route_diff.sides import DEPLOYED, RoutesSide, alma_profiles, read_sides

_IDS_SHOWN: Final = 5


def deployed_word(incomplete: str) -> list[str]:
    """Return the word for the deployed file if it begins with the typed text; bash completes files otherwise."""
    return [DEPLOYED] if DEPLOYED.startswith(incomplete) else []


OldArgument = Annotated[
    str,
    typer.Argument(
        metavar="OLD",
        help=f"A routes file, - for standard input, or {DEPLOYED} for the one that the stack runs.",
        autocompletion=deployed_word,
    ),
]
NewArgument = Annotated[
    str | None,
    typer.Argument(metavar="NEW", help="The same; default: the project's.", autocompletion=deployed_word),
]


@dataclass(frozen=True, kw_only=True)
class DiffOptions(StackFlags):
    """The flags of `routes diff`."""

    samples: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Compare by the events of this folder; default: the samples of the project, and the shipped ones.",
            file_okay=False,
        ),
    ] = None
    dead_letters: Annotated[bool, typer.Option("--dead-letters", help="Compare by the dead letters of the stack.")] = (
        False
    )
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 0 if no event differs, 4 if one does.")] = False

    def __post_init__(self) -> None:
        """Raise ConfigurationError for flags that contradict each other."""
        if self.samples and self.dead_letters:
            raise ConfigurationError("--samples and --dead-letters exclude each other; pass one of them.")


def diff(
    *, old: OldArgument, new: NewArgument = None, options: DiffOptions, output: OutputOption = Output.text
) -> None:
    """Show which events two routes files deliver differently. Sends nothing, and shows no value of a body.

    Each event that differs has its deliveries: - removed, + added, ~ changed, with the names of the members. Only
    --dead-letters and the word "deployed" call AWS, for reading. Exits 1 if a dead letter cannot be read.

    Example: alma-webhooks routes diff old-routes.yaml routes.yaml
    """
    with ExitStack() as opened:
        stage, sides, events = _read(old, new, options, opened)
        found = compare(events, *sides)
    print_result(output, report.as_data(*sides, stage, found), map(escape, report.lines(found, stage)))
    _exit(found, exit_code=options.exit_code)


def _read(
    old: str, new: str | None, options: DiffOptions, opened: ExitStack
) -> tuple[str, tuple[RoutesSide, RoutesSide], Iterable[ComparedEvent]]:
    """Return the stage, both files and the events; what must be closed afterwards is `opened`."""
    words = old, new or str(used_project(options.project).routes)
    if options.dead_letters:
        service = opened.enter_context(service_for_reading(options))
        events = opened.enter_context(closing(dead_letter_events(service)))
        return service.scope.stage, read_sides(*words, service.scope), events
    scope = opened.enter_context(stack_command(options, "Interrupted."))[0] if DEPLOYED in words else None
    stage = scope.stage if scope else address_of(options).stage
    sides = read_sides(*words, scope)
    profiles = alma_profiles(*sides)
    if options.samples:
        return stage, sides, folder_events(options.samples, stage, profiles)
    used = found_or_example(options.project) if new is None else used_project(options.project)  # announced once
    return stage, sides, sample_events(load_with_shipped(used.samples), stage, profiles)


def _exit(found: RoutesComparison, *, exit_code: bool) -> None:
    """End with the exit code for what could not be compared, or for a difference if it is wanted."""
    if found.unread:
        count, ids = plural(len(found.unread), "dead letter was", "dead letters were"), found.unread[:_IDS_SHOWN]
        more = f" and {plural(len(found.unread) - len(ids), 'other')}" if len(found.unread) > len(ids) else ""
        raise FailedError(f"{count} not compared, because the envelope cannot be read: {escape(', '.join(ids))}{more}.")
    if exit_code and found.differences:
        raise typer.Exit(4)
