"""Print the result of a command: JSON for programs, or lines for people that fit the terminal."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TextIO

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from scripts.cli.options import Output
from scripts.cli.terminal import escape, escaped_json_pieces

Data = dict[str, Any]
"""A result as JSON data."""

NOTICES: Final = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
"""Where progress and notices go; results go to standard output."""

# A command to copy: a line break in it is escaped, because a shell would run the first line alone.
_COMMAND: Final = re.compile(r"\b(?:alma-webhooks|aws) (?:[^;,]|[;,](?! ))*")
_CONTINUED: Final = " \\"
_LEAST_INDENT: Final = 2


def print_result(output: Output, data: Any, lines: Iterable[str], style: Callable[[str], Text] = Text) -> None:
    """Print the data as JSON, or the lines as text that fits the terminal. The lines must be escaped."""
    if output is Output.json:
        for piece in escaped_json_pieces(data):
            typer.echo(piece, nl=False)
        typer.echo()
        return
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for line in fitted(lines, width_of(sys.stdout)):
        console.print(style(line))


def notice(*lines: str, style: str = "") -> None:
    """Print lines to standard error that fit the terminal."""
    for line in fitted(lines, width_of(sys.stderr)):
        NOTICES.print(line, style=style)


def notices(texts: Iterable[str]) -> None:
    """Print each text to standard error, escaped."""
    for text in texts:
        notice(escape(text))


def width_of(stream: TextIO) -> int | None:
    """Return the columns of a terminal, or None for a file or a pipe, which get whole lines."""
    return Console(file=stream).width if stream.isatty() else None


def fitted(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """Yield the lines, wrapped at words where they exceed the width; a longer word, such as an ARN, stays whole.

    What follows a break stands below the last column that two spaces begin, such as the text after a label.
    """
    for line in lines:
        if width is None or cell_len(line) <= width:
            yield line
        else:
            yield from _wrapped(line, width)


def _wrapped(line: str, width: int) -> Iterator[str]:
    columns = [found.end() for found in re.finditer(r"^ +|  +", line) if found.end() <= width // 2]
    indent = " " * max([_LEAST_INDENT, *columns])
    commands = [found.span() for found in _COMMAND.finditer(line)]
    made = ""
    for word in re.finditer(r" *[^ ]+", line):
        start = word.end() - len(word[0].lstrip(" "))
        is_command = any(begin <= start < end for begin, end in commands)
        is_inside = any(begin < start < end for begin, end in commands)
        room = width - (len(_CONTINUED) if is_command else 0)
        if made.strip() and cell_len(made + word[0]) > room:
            yield made + (_CONTINUED if is_inside else "")
            made = indent + word[0].lstrip(" ")
        else:
            made += word[0]
    yield made
