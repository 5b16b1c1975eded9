"""Flags that the `dead-letters` commands share, each with one meaning everywhere."""

from typing import Annotated

import typer

from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.filters import CAUSES, Filters
from scripts.routes.completion import beginning, route_names, targets

OptionalTexts = list[str] | None


def cause_classes(incomplete: str) -> list[str]:
    """Return the cause classes that begin with the typed text, for shell completion."""
    return beginning(CAUSES, incomplete)


IdsArgument = Annotated[
    OptionalTexts,
    typer.Argument(metavar="[ID]…", help="Receipt IDs, or message IDs of messages that have none.", show_default=False),
]
ActionOption = Annotated[
    OptionalTexts, typer.Option(help="Action, e.g. LOAN. Repeat a flag to match any of its values.")
]
EventOption = Annotated[OptionalTexts, typer.Option(help="Event, e.g. LOAN_RETURNED.")]
RouteOption = Annotated[OptionalTexts, typer.Option(autocompletion=route_names, help="Route that the cause names.")]
TargetOption = Annotated[
    OptionalTexts,
    typer.Option(autocompletion=targets, help="Target that the cause names, e.g. topic:loan-created."),
]
CauseOption = Annotated[
    OptionalTexts,
    typer.Option(autocompletion=cause_classes, help="Class of the cause, e.g. template or crashed."),
]
ProfileOption = Annotated[OptionalTexts, typer.Option("--alma-profile", help="Alma profile that the event came by.")]
SinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Received at or after TIME: 90m, 24h, 3d ago, or an RFC 3339 time.")
]
UntilOption = Annotated[str, typer.Option(metavar="TIME", help="Received before TIME.")]
WhereOption = Annotated[
    str, typer.Option(metavar="CONDITION", help="Condition on the event, with the syntax of `if` in a route.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Apply the changes (default: dry run).")]
AllOption = Annotated[bool, typer.Option("--all", help="Select every dead letter.")]


def filters_of(
    ids: OptionalTexts,
    action: OptionalTexts,
    event: OptionalTexts,
    route: OptionalTexts,
    target: OptionalTexts,
    cause: OptionalTexts,
    profile: OptionalTexts,
    since: str,
    until: str,
    where: str,
) -> Filters:
    """Return the filters that the flags ask for."""
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


def require_selection(filters: Filters, *, all_: bool) -> None:
    """Raise ConfigurationError for an empty selection, and for --all beside IDs or filters."""
    if all_ and not filters.is_empty:
        raise ConfigurationError("--all selects every dead letter: omit --all, or omit the IDs and filters.")
    if filters.is_empty and not all_:
        raise ConfigurationError("No dead letters selected: pass IDs, filters or --all.")
