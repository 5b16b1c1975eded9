"""The commands `dead-letters list` and `show`: flags and output. They change nothing."""

import sys
from contextlib import closing
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console

from scripts.cli.options import EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.terminal import escaped_json
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.find import find_dead_letters
from scripts.dead_letters.flags import (
    ActionOption,
    CauseOption,
    EventOption,
    ProfileOption,
    RouteOption,
    SinceOption,
    TargetOption,
    UntilOption,
    WhereOption,
    filters_of,
)
from scripts.dead_letters.list_ import Listing, list_dead_letters
from scripts.dead_letters.reports import dead_letter
from scripts.dead_letters.reports import listing as listing_report
from scripts.dead_letters.service import DeadLetterStore
from scripts.dead_letters.session import RequiredIdsArgument, opened_for_reading, print_missing

dead_letters_app = typer.Typer(
    help="List, explain, replay and discard dead letters: events that failed permanently.", no_args_is_help=True
)


class GroupBy(StrEnum):
    """What dead letters can be grouped by."""

    cause = "cause"


GroupOption = Annotated[
    GroupBy | None,
    typer.Option("--group-by", help="Count dead letters by class, route, target and field of the cause."),
]
BodyOption = Annotated[bool, typer.Option("--show-body", help="Show the whole body, personal data included.")]


@dead_letters_app.command("list")
def list_(
    group_by: GroupOption = None,
    action: ActionOption = None,
    event: EventOption = None,
    route: RouteOption = None,
    target: TargetOption = None,
    cause: CauseOption = None,
    profile: ProfileOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    where: WhereOption = "",
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List dead letters by time received: all, or those that match every filter.

    Example: alma-webhooks dead-letters list --group-by cause --stage prod

    Or: alma-webhooks dead-letters list --since 24h --where '"TIMDEX" in job_instance.name' --stage prod
    """
    filters = filters_of(None, action, event, route, target, cause, profile, since, until, where)
    with opened_for_reading(stage, stack, endpoint_url) as (dead_letters, progress):
        listing = list_dead_letters(dead_letters, Selection(filters, dead_letters.now), progress)
    _print_listing(dead_letters, listing, output, grouped=group_by is not None)


def _print_listing(dead_letters: DeadLetterStore, listing: Listing, output: Output, *, grouped: bool) -> None:
    if output is Output.json:
        typer.echo(escaped_json(listing_report.as_data(dead_letters, listing, grouped=grouped)))
        return
    width = Console().width if sys.stdout.isatty() else None  # a file or a pipe gets all columns
    typer.echo("\n".join(listing_report.lines(dead_letters, listing, grouped=grouped, width=width)))


@dead_letters_app.command()
def show(
    ids: RequiredIdsArgument,
    show_body: BodyOption = False,  # noqa: FBT002 -- a flag
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show dead letters in full; of the body only codes, times and numbers, unless --show-body is passed.

    Exit 1 if one is not found.

    Example: alma-webhooks dead-letters show 0123456789abcdef0123456789abcdef --stage prod
    """
    found: list[dict[str, Any]] = []
    texts: list[str] = []  # printed after the progress bar has ended, which would share the first line
    with (
        opened_for_reading(stage, stack, endpoint_url) as (dead_letters, progress),
        closing(find_dead_letters(dead_letters, ids, progress)) as reads,
    ):
        for read in reads:
            found.append(dead_letter.as_data(read, dead_letters.now, show_body=show_body))
            if output is Output.text:
                texts.append("\n".join(dead_letter.lines(found[-1])) + "\n\n")
                found[-1]["body"] = None
    typer.echo(f"{escaped_json({'dead_letters': found})}\n" if output is Output.json else "".join(texts), nl=False)
    if print_missing(ids, found, dead_letters.scope.options):
        raise typer.Exit(1)
