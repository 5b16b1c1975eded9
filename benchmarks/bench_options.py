"""The options of the benchmark: its parts, how much each measures, and the flags of the command `bench`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from benchmarks import console_part, drain_part, operators_part, throughput_part, transform_part
from benchmarks.parts import MOST


class BenchPart(StrEnum):
    """A part of the benchmark that can be measured alone."""

    ingest = "ingest"
    shares = "shares"
    reconnects = "reconnects"
    processor = "processor"
    notifications = "notifications"
    console = "console"
    drain = "drain"
    throughput = "throughput"
    operators = "operators"
    growth = "growth"
    transform = "transform"


class BenchOptions(NamedTuple):
    """The options of a benchmark: `peers` as MODULE:FUNCTION, `python` None for Lambda's version or this one.

    `before` is the commit of another version of the processor, or None.
    """

    rounds: int
    parts: frozenset[BenchPart]
    peers: tuple[str, ...] = ()
    python: Path | None = None
    growth: dict[str, int] = MOST
    dead_letters: int = console_part.MOST_DEAD_LETTERS
    drained: int = drain_part.MOST_EVENTS
    before: str | None = None
    records: int = transform_part.MOST_RECORDS
    throughput: int = throughput_part.MOST_EVENTS
    operators: tuple[int, ...] = operators_part.DEAD_LETTERS

    def enlarged(self) -> "BenchOptions":
        """Return the options with ten times as many events and dead letters for `throughput` and `operators`."""
        return self._replace(throughput=throughput_part.LARGE_EVENTS, operators=operators_part.LARGE_DEAD_LETTERS)


RoundsOption = Annotated[int, typer.Option(min=1, max=1000, help="Rounds of every row, not counting a warm-up round.")]
OnlyOption = Annotated[list[BenchPart] | None, typer.Option(help="Measure this part only; repeatable.")]
PeerOption = Annotated[
    list[str] | None,
    typer.Option(metavar="MODULE:FUNCTION", help="Another handler of (event, context) to measure; repeatable."),
]
BeforeOption = Annotated[
    str | None, typer.Option(metavar="COMMIT", help="Measure the processor of this commit beside this version's.")
]
PythonOption = Annotated[
    Path | None, typer.Option(help="The Python to measure; default: Lambda's version, else this one.")
]
LargeOption = Annotated[
    bool,
    typer.Option("--large", help="Ten times as many events in throughput (half an hour), and in operators (an hour)."),
]
ChartOption = Annotated[
    Path | None, typer.Option(metavar="FILE.svg", help="Write a chart of the cold starts to this file.", dir_okay=False)
]
