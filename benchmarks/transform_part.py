"""Measure the example `export-transform`: CPU time beside pymarc alone, and memory, for exports of growing size."""

import os
import sys
from typing import Any, Final

from benchmarks.cold import Step
from benchmarks.emulator_run import ROOT
from benchmarks.processes import started
from scripts.cli.signals import Interrupts

MOST_RECORDS: Final = 1_000_000

LEAST_RECORDS: Final = 10_000


def measure(interrupts: Interrupts, most: int, step: Step) -> dict[str, Any]:
    """Return a row for each power of ten up to `most`, as JSON values. Raise FailedError if a process fails."""
    sizes, rows = [min(LEAST_RECORDS, most)], []
    while sizes[-1] * 10 <= most:
        sizes.append(sizes[-1] * 10)
    for size in sizes:
        alone = _measured("pymarc", size, interrupts, step)
        ours = _measured("example", size, interrupts, step)
        seconds = {name: round(ours[f"{name}_ms"] / 1000, 2) for name in ("check", "transform")}
        rows.append(
            {
                "records": size,
                "pymarc_s": round(alone["pymarc_ms"] / 1000, 2),
                **{f"{name}_s": value for name, value in seconds.items()},
                "ratio": round(sum(seconds.values()) * 1000 / alone["pymarc_ms"], 3),
                "before_mb": round(ours["before_kb"] / 1024, 1),
                "added_mb": round((ours["peak_kb"] - ours["before_kb"]) / 1024, 1),
            }
        )
    return {"rows": rows}


def _measured(what: str, records: int, interrupts: Interrupts, step: Step) -> dict[str, int]:
    folders = os.pathsep.join(map(str, (ROOT, ROOT / "examples/export-transform")))
    command = [sys.executable, "-m", "benchmarks.transform_child", what, str(records)]
    with started(f"reading with {what}", command, {"PYTHONPATH": folders}, interrupts) as process:
        while "peak_kb" not in (facts := process.facts()):
            step(f"transform: {what}, {facts['records']} of {records} records")
    return facts
