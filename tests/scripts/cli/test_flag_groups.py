"""A parameter that is a dataclass of flags stands for one flag per field."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer
from typer.testing import CliRunner

from scripts.cli.flag_groups import expand


class Color(StrEnum):
    """Values of a flag."""

    red = "red"
    blue = "blue"


@dataclass(frozen=True)
class Flags:
    """A group of flags, and a field that is none."""

    words: Annotated[tuple[str, ...], typer.Argument()] = ()
    colors: Annotated[tuple[Color, ...], typer.Option("--color")] = ()
    size: Annotated[int, typer.Option("--size")] = 1
    other: str = "unchanged"


def run(*arguments: str, default: Flags | None = None) -> tuple[Flags, bool] | int:
    called: list[tuple[Flags, bool]] = []

    def command(*, flags: Flags, yes: Annotated[bool, typer.Option("--yes")] = False) -> None:
        called.append((flags, yes))

    def with_default(*, flags: Flags = Flags(size=5, colors=(Color.blue,))) -> None:
        called.append((flags, False))

    app = typer.Typer()
    app.command()(expand(with_default if default else command))
    result = CliRunner().invoke(app, arguments)
    return called[0] if called else result.exit_code


def test_each_field_is_a_flag() -> None:
    """Tuples collect repeated values; a field without a flag keeps its default."""
    assert run() == (Flags(), False)
    flags = Flags(words=("a", "b"), colors=(Color.red, Color.blue), size=3)
    assert run("a", "--color=red", "b", "--size=3", "--yes", "--color=blue") == (flags, True)
    assert run("--other=x") == 2
    assert run("--color=green") == 2


def test_a_command_may_have_defaults_of_its_own() -> None:
    """They are those of the parameter."""
    assert run(default=Flags()) == (Flags(size=5, colors=(Color.blue,)), False)
    assert run("--size=6", "--color=red", default=Flags()) == (Flags(size=6, colors=(Color.red,)), False)


def test_a_flag_without_a_default_is_required() -> None:
    """A command without a required flag exits with 2."""

    @dataclass(frozen=True)
    class Needed:
        """A group with a flag that has no default."""

        size: Annotated[int, typer.Option("--size")]

    called: list[Needed] = []

    def command(*, flags: Needed) -> None:
        called.append(flags)

    command.__annotations__["flags"] = Needed
    app = typer.Typer()
    app.command()(expand(command))
    assert CliRunner().invoke(app, []).exit_code == 2
    assert CliRunner().invoke(app, ["--size=2"]).exit_code == 0
    assert called == [Needed(2)]
