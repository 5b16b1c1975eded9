"""Import a command only when it runs, so that `--help` and completion answer at once. Holds no command."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from scripts.cli.plain_help import name_type_plainly, show_plainly


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
        found = getattr(import_module(module), attribute)
        app = found if isinstance(found, typer.Typer) else _app_of(found)
        command = typer.main.get_command(app)
        command.name = self.name
        show_plainly(command)
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


def _app_of(function: Callable[..., Any]) -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(function)
    return app
