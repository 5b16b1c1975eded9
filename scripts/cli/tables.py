"""Format tables as lines of text, with the columns that fit a width. Cells must be escaped."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from scripts.cli.terminal import escape

_GAP = "  "


class Column(NamedTuple):
    """A column. If the table is too wide, columns of the highest `rank` are left out first; rank 0 always stays."""

    heading: str
    rank: int = 0
    is_number: bool = False


class Table(NamedTuple):
    """The lines, the heading first, and the headings of the omitted columns."""

    lines: list[str]
    left_out: list[str]


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None) -> Table:
    """Format the rows in columns, without truncating cells. With `width` None all columns are shown, as for a file."""
    widths = [
        max([cell_len(column.heading), *(cell_len(row[index]) for row in rows)]) for index, column in enumerate(columns)
    ]
    shown = _fitting(columns, widths, width)
    texts = [[column.heading for column in columns], *rows]
    cells = [[_padded(columns[index], row[index], widths[index]) for index in shown] for row in texts]
    lines = [_GAP.join(row).rstrip() for row in cells]
    return Table(lines, [column.heading for index, column in enumerate(columns) if index not in shown])


def table_lines(columns: Sequence[Column], rows: Iterable[Sequence[str | None]], width: int | None) -> Iterator[str]:
    """Yield the table of these cells, which it escapes, a blank line, and the columns that are left out."""
    made = table(columns, [[escape(cell or "") or "-" for cell in row] for row in rows], width)
    yield from made.lines
    yield ""
    if made.left_out:
        yield f"columns left out: {', '.join(made.left_out)}; a wider terminal or --output json shows them"


def _fitting(columns: Sequence[Column], widths: Sequence[int], width: int | None) -> list[int]:
    shown = list(range(len(columns)))
    while width is not None and _room(shown, widths) > width:
        last = max(shown, key=lambda index: columns[index].rank)
        if not columns[last].rank:
            break
        shown.remove(last)
    return shown


def _room(shown: Sequence[int], widths: Sequence[int]) -> int:
    return sum(widths[index] for index in shown) + len(_GAP) * (len(shown) - 1)


def _padded(column: Column, cell: str, width: int) -> str:
    padding = " " * (width - cell_len(cell))
    return padding + cell if column.is_number else cell + padding
