"""Define the command `events`: its flags and its output."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from scripts.catalogue.catalogue import Catalogue, Family, known_events
from scripts.catalogue.members import OBJECT, Member
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import Output, OutputOption, ProjectOption
from scripts.cli.output import print_result
from scripts.cli.terminal import escape
from scripts.project.mistakes import suggestion
from scripts.project.used import used_project

ActionArgument = Annotated[
    str,
    typer.Argument(metavar="ACTION", help="Print only the events of this action, such as LOAN.", show_default=False),
]


def events(action: ActionArgument = "", project: ProjectOption = None, output: OutputOption = Output.text) -> None:
    """Print the known events of Alma: families, event values and members.

    Each member has its type and, if they are known, its values. Alma can send others. The sample events of the project
    add theirs. `routes check` compares routes with this catalogue.

    Example: alma-webhooks events LOAN
    """
    chosen = _chosen(known_events(used_project(project).samples), action)
    print_result(output, {"families": [_data(family) for family in chosen]}, map(escape, _lines(chosen)))


def _chosen(catalogue: Catalogue, action: str) -> list[Family]:
    """Return the family of an action, in upper or lower case, or all without one. Raise ConfigurationError."""
    if action and action.upper() not in catalogue.families:
        near = suggestion(action.upper(), catalogue.families)
        known = ", ".join(catalogue.families)
        raise ConfigurationError(f"No event of the action {action} is known{near or f'. Use one of {known}.'}")
    return catalogue.known([action.upper()])


def _data(family: Family) -> dict[str, Any]:
    return {
        "action": family.action,
        "member": family.member,
        "events": list(family.events or ()),
        "source": family.source,
        "members": [
            {
                "member": path,
                "types": _types(member),
                "values": list(member.values or ()),
                "is_documented": member.is_documented,
            }
            for path, member in family.root.walk()
        ],
    }


def _lines(families: list[Family]) -> Iterator[str]:
    """Yield the lines of all families, with an empty line between them."""
    rows = [(family, [("event.value", _listed(family.events)), *_rows(family)]) for family in families]
    width = max(len(path) for _, found in rows for path, _ in found)
    for number, (family, found) in enumerate(rows):
        yield from [""] * (number > 0)
        yield family.action
        yield from (f"  {path:<{width}}  {text}" for path, text in found)


def _rows(family: Family) -> Iterator[tuple[str, str]]:
    for path, member in family.root.walk():
        if path != "event.value":
            values = f": {', '.join(member.values)}" if member.values else ""
            origin = "" if member.is_documented else " (from a sample event)"
            yield path, f"{' or '.join(_types(member))}{values}{origin}"


def _listed(events: tuple[str, ...] | None) -> str:
    if events is None:
        return "unknown"
    return ", ".join(events) or "none"


def _types(member: Member) -> list[str]:
    return sorted(member.types - {OBJECT}) or [OBJECT]
