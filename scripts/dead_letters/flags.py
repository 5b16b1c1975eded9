"""Flags that several `dead-letters` commands share, each with one meaning everywhere. Filters are in filters.py."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.filters import Filters, Texts

IDS_HELP = "Receipt IDs, or message IDs of messages that have none."

RequiredIdsArgument = Annotated[list[str], typer.Argument(metavar="ID", help=IDS_HELP, show_default=False)]
YesOption = Annotated[bool, typer.Option("--yes", help="Apply the changes (default: dry run).")]
IgnoreReplayLimitOption = Annotated[
    bool, typer.Option("--ignore-replay-limit", help="Also replay what was replayed three times or more.")
]


def export_option(what: str) -> Any:
    """Return the declaration of `--export` for a command that first exports `what`."""
    return typer.Option(
        "--export",
        metavar="FILE",
        help=f"New file for {what} (default: a file in your state folder, see docs/privacy.md).",
        dir_okay=False,
    )


@dataclass(frozen=True)
class Choice:
    """The IDs of a command that selects dead letters by ID or by filters, and `--all`."""

    ids: Annotated[Texts, typer.Argument(metavar="ID", help=IDS_HELP, show_default=False)] = ()
    all_: Annotated[bool, typer.Option("--all", help="Select every dead letter.")] = False

    def among(self, filters: Filters) -> Filters:
        """Return the filters with the IDs.

        Raise ConfigurationError for an empty selection, and for --all beside IDs or filters.
        """
        chosen = replace(filters, ids=self.ids)
        if self.all_ and not chosen.is_empty:
            raise ConfigurationError("--all selects every dead letter: omit --all, or omit the IDs and filters.")
        if chosen.is_empty and not self.all_:
            raise ConfigurationError("No dead letters selected: pass IDs, filters or --all.")
        return chosen
