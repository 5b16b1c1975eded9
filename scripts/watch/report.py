"""Format events for `watch`: one JSON object or one line for each."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, NamedTuple

from rich.cells import cell_len, set_cell_size

from scripts.aws.logged_event import LoggedEvent
from scripts.cli.terminal import escape
from scripts.cli.times import rfc3339_of

# Columns of a line: a heading and a width. On a terminal the targets get the rest of the line.
_COLUMNS: Final = (("time", 8), ("event", 20), ("route", 14), ("target", 17), ("outcome", 9), ("ms", 5))
_GAP: Final = " "
_TARGET: Final = 3
_CUT: Final = "…"


def as_data(event: LoggedEvent) -> dict[str, Any]:
    """Return an event as JSON data."""
    return {
        "at": rfc3339_of(event.at),
        "receipt_id": event.receipt_id,
        "profile": event.profile,
        "event": event.event,
        "routes": list(event.routes),
        "targets": list(event.targets),
        "outcome": event.outcome,
        "ms": event.ms,
        "reason": event.reason,
    }


class WatchFormat(NamedTuple):
    """The headings of the columns of text, and what JSON has."""

    names: tuple[str, ...]
    as_data: Callable[[LoggedEvent], dict[str, Any]]


EVENT_FORMAT: Final = WatchFormat(tuple(name for name, _ in _COLUMNS), as_data)


def heading(width: int | None = None, names: Sequence[str] = EVENT_FORMAT.names) -> str:
    """Return the headings of the columns."""
    return _line(names, width)


def line(event: LoggedEvent, width: int | None = None, zone: tzinfo | None = None) -> str:
    """Return an event as one escaped line: time, event, routes, targets, outcome and milliseconds.

    With a `width`, long cells are cut; without one, such as in a file, the line has the receipt ID and full reason too.
    `zone` is the time zone, by default the local one.
    """
    at = datetime.fromtimestamp(event.at / 1000, UTC).astimezone(zone)
    cells = [
        at.strftime("%H:%M:%S"),
        escape(event.event) or "-",
        escape(", ".join(event.routes)) or "-",
        escape(", ".join(target.removeprefix("topic:") for target in event.targets)) or "-",
        escape(event.shown_outcome),
        "-" if event.ms is None else f"{event.ms:.0f}",
    ]
    if width is not None:
        return _line(cells, width)
    more = [escape(each) for each in (event.receipt_id, event.full_reason) if each]
    return "  ".join([_line(cells, None), *more])


def _line(cells: Sequence[str], width: int | None) -> str:
    """Return the cells in their columns, cut if there is a width."""
    widths = [size for _, size in _COLUMNS]
    if width is not None:
        rest = width - sum(widths) - len(_GAP) * (len(widths) - 1)
        widths[_TARGET] = max(1, widths[_TARGET] + rest)
    made = [_cell(cell, size, is_cut=width is not None) for cell, size in zip(cells[:-1], widths, strict=False)]
    made.append(cells[-1].rjust(widths[-1]))
    return _GAP.join(made) if width is None else set_cell_size(_GAP.join(made), width).rstrip()


def _cell(text: str, size: int, *, is_cut: bool) -> str:
    if is_cut and cell_len(text) > size:
        return set_cell_size(text, size - 1) + _CUT
    return text + " " * (size - cell_len(text))
