"""The commands `dead-letters list` and `show`: flags and output. They change nothing."""

import sys
from contextlib import closing
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from scripts.cli.options import Output, OutputOption, StackFlags
from scripts.cli.output import Data, fitted, print_result, width_of
from scripts.cli.terminal import escaped_json
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.flags import RequiredIdsArgument
from scripts.dead_letters.reports import dead_letter, listing
from scripts.dead_letters.session import print_missing, service_for_reading


class GroupBy(StrEnum):
    """What dead letters can be grouped by."""

    cause = "cause"


GroupOption = Annotated[
    GroupBy | None,
    typer.Option("--group-by", help="Count dead letters by class, route, target and field of the cause."),
]
BodyOption = Annotated[bool, typer.Option("--show-body", help="Show the whole body, personal data included.")]


def list_(
    *, group_by: GroupOption = None, filters: Filters, stack: StackFlags, output: OutputOption = Output.text
) -> None:
    """List dead letters by time received: all, or those that match every filter.

    Example: alma-webhooks dead-letters list --group-by cause --stage prod

    Or: alma-webhooks dead-letters list --since 24h --where '"TIMDEX" in job_instance.name' --stage prod
    """
    with service_for_reading(stack) as service:
        found = service.list(filters)
    data = listing.as_data(service.store, found, grouped=group_by is not None)
    print_result(data, partial(listing.lines, width=width_of(sys.stdout)), output)


def show(
    *,
    ids: RequiredIdsArgument,
    show_body: BodyOption = False,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Show dead letters in full; of the body only codes, times and numbers, unless --show-body is passed.

    Exit 1 if one is not found.

    Example: alma-webhooks dead-letters show 0123456789abcdef0123456789abcdef --stage prod
    """
    found: list[Data] = []
    texts: list[str] = []  # printed after the progress bar has ended, which would share the first line
    with service_for_reading(stack) as service, closing(service.show(ids)) as reads:
        for read in reads:
            found.append(dead_letter.as_data(read, service.store.now, show_body=show_body))
            if output is Output.text:
                texts.append("\n".join(fitted(dead_letter.lines(found[-1]), sys.stdout)) + "\n\n")
                found[-1]["body"] = None
    typer.echo(f"{escaped_json({'dead_letters': found})}\n" if output is Output.json else "".join(texts), nl=False)
    if print_missing(ids, found, service.scope.options):
        raise typer.Exit(1)
