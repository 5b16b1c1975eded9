"""Print the results and notices of commands. On a terminal, lines are wrapped at words."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TextIO

import typer
from rich.cells import cell_len
from rich.console import Console

from scripts.cli.options import Output
from scripts.cli.terminal import escaped_json

NOTICES: Final = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
"""For progress and notices; results go to standard output."""

Data = dict[str, Any]
"""A result as JSON data."""

_INDENT: Final = 4
_COMMAND: Final = "alma-webhooks "
_LABEL: Final = re.compile(r" *[^ ]+(?: [^ ]+)* {2,}")
_WORD: Final = re.compile(r" *[^ ]+")


def print_result(data: Data, lines: Callable[[Data], Iterable[str]], output: Output) -> None:
    """Print the result as JSON, or as the text of `lines`."""
    typer.echo(escaped_json(data) if output is Output.json else "\n".join(fitted(lines(data), sys.stdout)))


def print_notice(line: str) -> None:
    """Print an escaped line on standard error."""
    for piece in fitted([line], sys.stderr):
        NOTICES.print(piece)


def print_facts(facts: Mapping[str, str]) -> None:
    """Print on standard error which account, region, stage and stack a command works on."""
    print_notice(", ".join(f"{name} {value}" for name, value in facts.items()))


def width_of(stream: TextIO) -> int | None:
    """Return the columns of the terminal; None for a file or a pipe."""
    return Console(file=stream).width if stream.isatty() else None


def fitted(lines: Iterable[str], stream: TextIO) -> Iterator[str]:
    """Yield the lines, wrapped if they go to a terminal."""
    width = width_of(stream)
    for line in lines:
        yield from wrapped(line, width) if width else [line]


def wrapped(line: str, width: int) -> Iterator[str]:
    """Yield the line in pieces of at most `width` columns, with a hanging indent below its text.

    Longer words stay whole, so that they can be copied. For the same reason the pieces of a shell command end with a
    backslash.
    """
    if cell_len(line) <= width:
        yield line
        return
    label = _LABEL.match(line)
    indent = min(len(label[0]) if label else len(line) - len(line.lstrip(" ")) + _INDENT, width // 2)
    room = width - 2 if _COMMAND in line else width
    piece, is_command = "", False
    for word in _WORD.findall(line):
        if piece.strip() and cell_len(piece) + cell_len(word) > room:
            is_command |= _COMMAND in f"{piece} "
            yield f"{piece} \\" if is_command else piece
            piece, word = " " * indent, word.lstrip(" ")
        piece += word
    yield piece
