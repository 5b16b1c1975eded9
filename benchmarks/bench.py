"""Run a benchmark: prepare, measure the selected parts, clean up."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from benchmarks import (
    cpu_share,
    growth_part,
    ingest_part,
    measured_python,
    processor_part,
    reconnect_part,
    share_part,
)
from benchmarks.cold import Step, cold
from benchmarks.goals import judged
from benchmarks.rows import Bench, BenchRow, check_name, lazy, rows
from benchmarks.stub import Stub
from benchmarks.workspace import prepare
from scripts.cli.exit_codes import ConfigurationError, FailedError, StoppedError
from scripts.cli.signals import Interrupts


class BenchPart(StrEnum):
    """A part of the benchmark that can be measured alone."""

    ingest = "ingest"
    shares = "shares"
    reconnects = "reconnects"
    processor = "processor"
    growth = "growth"


class BenchOptions(NamedTuple):
    """The options of a benchmark: `peers` as MODULE:FUNCTION, `python` None for Lambda's version or this one."""

    rounds: int
    parts: frozenset[BenchPart]
    peers: tuple[str, ...] = ()
    python: Path | None = None
    growth: dict[str, int] = growth_part.MOST


# A round of these takes half a minute.
_SHARE_ROUNDS: Final = 2


def bench(options: BenchOptions, step: Step) -> dict[str, Any]:
    """Run the benchmark and return its report as JSON values. Raise ConfigurationError, FailedError or StoppedError."""
    began = time.monotonic()
    for peer in options.peers:
        check_name(peer)
    with ExitStack() as exits:
        interrupts = exits.enter_context(Interrupts())
        try:
            folder = Path(exits.enter_context(TemporaryDirectory(prefix="alma-webhooks-bench-")))
            step("preparing")
            python = measured_python.find(options.python, step)
            stub = exits.enter_context(Stub())
            place = prepare(folder, python, stub.authority)
            here = Bench(python, place, stub.port, interrupts)
            report: dict[str, Any] = {"machine": python.facts | {"ingest_zip_bytes": place.zip_bytes}}
            report |= _measured(options, here, stub, step)
        except KeyboardInterrupt:
            raise StoppedError("Stopped before the benchmark was complete; nothing was saved.") from None
    return report | {"goals": judged(report), "seconds": round(time.monotonic() - began, 1)}


def _measured(options: BenchOptions, here: Bench, stub: Stub, step: Step) -> dict[str, Any]:
    listeners = rows(here, options.peers)
    _check_peers(here, listeners[-len(options.peers) :] if options.peers else [])
    shares = min(_SHARE_ROUNDS, options.rounds)
    parts: dict[BenchPart, Callable[[], Any]] = {
        BenchPart.ingest: lambda: ingest_part.measure(here, listeners, options.rounds, step),
        BenchPart.shares: lambda: share_part.measure(here, cpu_share.find(), listeners, lazy(here), shares, step),
        BenchPart.reconnects: lambda: reconnect_part.measure(here, stub, listeners, options.rounds, step),
        BenchPart.processor: lambda: processor_part.measure(here, stub, options.rounds, step),
        BenchPart.growth: lambda: growth_part.measure(here, options.growth, step),
    }
    return {part.value: measure() for part, measure in parts.items() if part in options.parts}


def _check_peers(here: Bench, peers: Sequence[BenchRow]) -> None:
    """Raise ConfigurationError for the first peer that does not respond, before anything is measured."""
    for peer in peers:
        try:
            cold(here, peer, here.request(peer))
        except FailedError as error:
            raise ConfigurationError(f"--peer {peer.name} cannot be measured: {error}") from None
