"""Import a command only when it runs, and print help without Rich: `--help` and completion answer at once.

Rich's import takes longer than everything else. Help is plain text that fits 80 columns, and the values of flags are
named TEXT, NUMBER or FILE. Typer would show Python types, such as list[str].
"""

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from functools import cache, partial
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from scripts.cli.program import HELP_FLAGS

_NAMES: Final = {
    "bool": "",
    "str": "TEXT",
    **dict.fromkeys(("int", "float", "int range", "float range", "integer range"), "NUMBER"),
    **dict.fromkeys(("Path", "path", "file"), "FILE"),
    "directory": "FOLDER",
}
_PANEL: Final = "Commands"


class CommandSource(NamedTuple):
    """Where a command is: a function or Typer app, as `module:name`. `help` is the first sentence of its help."""

    place: str
    help: str
    panel: str | None = None


class LazyCommand(TyperCommand):
    """A command whose module is imported when it runs or completes its arguments."""

    def __init__(self, name: str, source: CommandSource) -> None:
        super().__init__(name, help=source.help, rich_help_panel=source.panel)
        self._place = source.place

    def load(self) -> Any:
        """Import and return the command itself."""
        module, _, attribute = self._place.partition(":")
        command = copy(_command_of(getattr(import_module(module), attribute)))
        command.name = self.name
        command.help = command.help or self.help  # a group needs no help of its own
        return command

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of the command itself."""
        return self.load().make_context(info_name, args, parent, **extra)


def group_of(
    sources: dict[str, CommandSource], around: Callable[[], AbstractContextManager[None]] = nullcontext
) -> type[TyperGroup]:
    """Return the class of a group with these commands, for `typer.Typer(cls=…)`. Each runs inside `around`."""

    class LazyGroup(TyperGroup):
        """A group whose commands are imported when they run."""

        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = {name: LazyCommand(name, source) for name, source in sources.items()}
            show_plainly(self)

        def invoke(self, ctx: Any) -> Any:
            """Run the command."""
            with around():
                return super().invoke(ctx)

        def get_params(self, ctx: Any) -> Any:
            """Return the flags, with plain names of their types."""
            parameters = super().get_params(ctx)
            for parameter in parameters:
                name_type_plainly(parameter, ctx)
            return parameters

    return LazyGroup


@cache
def _command_of(found: Any) -> Any:
    """Return the command of a function or Typer app. Making one takes longer than most commands that tests run."""
    command = typer.main.get_command(found if isinstance(found, typer.Typer) else _app_of(found))
    show_plainly(command)
    return command


def _app_of(function: Callable[..., Any]) -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(function)
    return app


def show_plainly(command: Any) -> None:
    """Let a command, or a group and its commands, print plain help."""
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
    """Name the type of a flag or argument plainly, and let completion not convert it. A metavar of its own stays.

    An argument is its name alone, because a type beside it, as in `FOLDER FILE`, would look like a second argument.
    """
    is_argument = parameter.param_type_name == "argument"
    shown = "" if is_argument else parameter.metavar
    if shown is None:
        shown = _name_of(parameter.display_type(context))
    parameter.display_type_rich = lambda ctx: shown  # noqa: ARG005 -- the signature is Typer's
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
