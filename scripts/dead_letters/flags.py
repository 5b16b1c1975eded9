"""The flags that the commands `dead-letters …` share, each with one meaning everywhere. Runs no command."""

from typing import Annotated

import typer

from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.filters import CAUSES, Filters
from scripts.routes.completion import beginning, route_names, targets

Many = list[str] | None


def cause_classes(incomplete: str) -> list[str]:
    """Return the classes of causes that begin with what was typed."""
    return beginning(CAUSES, incomplete)


IdsArgument = Annotated[
    Many, typer.Argument(metavar="[ID]…", help="Receipt ids, or ids of messages that have none.", show_default=False)
]
ActionOption = Annotated[Many, typer.Option(help="Only of this action, e.g. LOAN. Repeat a flag for one or another.")]
EventOption = Annotated[Many, typer.Option(help="Only of this event, e.g. LOAN_RETURNED.")]
RouteOption = Annotated[Many, typer.Option(autocompletion=route_names, help="Only those whose cause names this route.")]
TargetOption = Annotated[
    Many,
    typer.Option(autocompletion=targets, help="Only those whose cause names this target, e.g. topic:loan-created."),
]
CauseOption = Annotated[
    Many,
    typer.Option(autocompletion=cause_classes, help="Only those with this class of cause, e.g. template or crashed."),
]
ProfileOption = Annotated[Many, typer.Option("--alma-profile", help="Only those that came by this Alma profile.")]
SinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Only those received since: 90m, 24h, 3d ago, or a moment by RFC 3339.")
]
UntilOption = Annotated[str, typer.Option(metavar="TIME", help="Only those received until before then.")]
WhereOption = Annotated[
    str, typer.Option(metavar="CONDITION", help="Only events that fulfil it, written like the routes' if.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Every dead letter.")]


def filters_of(
    ids: Many,
    action: Many,
    event: Many,
    route: Many,
    target: Many,
    cause: Many,
    profile: Many,
    since: str,
    until: str,
    where: str,
) -> Filters:
    """What the flags say."""
    return Filters(
        ids=tuple(ids or ()),
        actions=tuple(action or ()),
        events=tuple(event or ()),
        routes=tuple(route or ()),
        targets=tuple(target or ()),
        causes=tuple(cause or ()),
        profiles=tuple(profile or ()),
        since=since,
        until=until,
        where=where,
    )


def meant(filters: Filters, *, all_: bool) -> Filters:
    """The filters. Raises ConfigurationError when nothing is chosen, or everything and something at once."""
    if all_ and not filters.are_empty:
        raise ConfigurationError("--all means every dead letter: leave out the ids and the other filters, or --all.")
    if filters.are_empty and not all_:
        raise ConfigurationError("Nothing says which dead letters are meant: name ids, filters or --all.")
    return filters
