"""The flags that the commands `dead-letters …` share, each with one meaning everywhere. Runs no command."""

from typing import Annotated

import typer

Many = list[str] | None

IdsArgument = Annotated[
    Many, typer.Argument(metavar="[ID]…", help="Receipt ids, or ids of messages that have none.", show_default=False)
]
ActionOption = Annotated[Many, typer.Option(help="Only of this action, e.g. LOAN. Repeat a flag for one or another.")]
EventOption = Annotated[Many, typer.Option(help="Only of this event, e.g. LOAN_RETURNED.")]
RouteOption = Annotated[Many, typer.Option(help="Only those whose cause names this route.")]
TargetOption = Annotated[Many, typer.Option(help="Only those whose cause names this target, e.g. topic:loan-created.")]
CauseOption = Annotated[Many, typer.Option(help="Only those with this class of cause, e.g. template or crashed.")]
ProfileOption = Annotated[Many, typer.Option(help="Only those that came by this profile.")]
SinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Only those received since: 90m, 24h, 3d ago, or a moment by RFC 3339.")
]
UntilOption = Annotated[str, typer.Option(metavar="TIME", help="Only those received until before then.")]
WhereOption = Annotated[
    str, typer.Option(metavar="CONDITION", help="Only events that fulfil it, written like the routes' if.")
]
