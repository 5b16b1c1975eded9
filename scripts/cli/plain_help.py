"""Print `--help` as plain text that fits 80 columns, without Rich: its import takes longer than everything else.

The values of flags are named TEXT, NUMBER or FILE. Typer would show Python types, such as list[str].
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from scripts.cli.program import HELP_FLAGS

_NAMES: Final = {
    "bool": "",
    "str": "TEXT",
    **dict.fromkeys(("int", "float", "int range", "float range", "integer range"), "NUMBER"),
    **dict.fromkeys(("Path", "path", "file"), "FILE"),
    "directory": "FOLDER",
}
_PANEL: Final = "Commands"


def show_plainly(command: Any) -> None:
    """Do so for a command, or for a group and its commands."""
    command.rich_markup_mode = None
    context = command.context_class(command, **HELP_FLAGS)
    for parameter in command.get_params(context):
        name_type_plainly(parameter, context)
    if found := getattr(command, "commands", {}):
        command.format_commands = partial(_write_commands, found)
    for each in found.values():
        show_plainly(each)


def _processed(process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """Convert the value of a flag, but not while a shell completes: Typer would import pydantic for it."""
    return value if context.resilient_parsing else process(context, value)


def name_type_plainly(parameter: Any, context: Any) -> None:
    """Do so for one flag or argument, which completion no longer converts. A metavar that a command has set stays."""
    name = parameter.metavar if parameter.param_type_name == "option" else None
    if name is None:
        name = _name_of(parameter.display_type(context))
    parameter.display_type_rich = lambda ctx: name  # noqa: ARG005 -- the signature is Typer's
    if not isinstance(parameter.process_value, partial):
        parameter.process_value = partial(_processed, parameter.process_value)


def first_sentence(text: str | None) -> str:
    """Return the first sentence of a command's help, on one line."""
    paragraph = " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())
    return paragraph.partition(". ")[0].rstrip(".") + "."


def _write_commands(commands: Any, _context: Any, formatter: Any) -> None:
    """Write the first sentence of each command's help, in a section for each panel."""
    panels: dict[str, list[tuple[str, str]]] = {}
    for name, command in commands.items():
        panels.setdefault(command.rich_help_panel or _PANEL, []).append((name, first_sentence(command.help)))
    for panel, rows in panels.items():
        with formatter.section(panel):
            formatter.write_dl(rows)


def _name_of(shown: str) -> str:
    name = shown.removeprefix("<").removesuffix(">").removeprefix("list[").removesuffix("]")
    return _NAMES.get(name, name)
