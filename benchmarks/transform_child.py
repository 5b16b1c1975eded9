"""Read an invented export in a process of its own: with pymarc alone, or as the example `export-transform` does.

`python -m benchmarks.transform_child pymarc|example RECORDS` writes a line with the number of records now and then, and
a last one with the CPU time and the memory: after the imports and the first records, and the most that there was.
"""

import hashlib
import sys
import time
from contextlib import nullcontext
from typing import Any, Final

import pymarc
from export_transform.artifact import CheckedStream, ExportFile, check
from export_transform.containers import open_members
from export_transform.limits import Limits
from export_transform.parsing import control_number
from export_transform.record_cutter import cut_records
from export_transform.totals import Totals
from export_transform.transform import Transform, Transformed, default_delete, transformed

from benchmarks.marc_stream import MarcStream
from benchmarks.runner.measured import kilobytes

FIRST_RECORDS: Final = 100
"""What is read before the memory is measured that a larger export is compared with."""

_REPORT_EVERY: Final = 10_000  # records
_NAME: Final = "export.xml"


def pymarc_alone(count: int) -> dict[str, float]:
    """Parse each record, and do nothing with it; return the CPU seconds."""
    began = time.process_time()
    pymarc.map_xml(lambda _: None, MarcStream(count, _report))  # type: ignore[no-untyped-call] # pymarc has no types there
    return {"pymarc": time.process_time() - began}


def example(count: int) -> dict[str, float]:
    """Check the export, then transform each record to JSON, hash and count it; return the CPU seconds of both."""
    began, limits = time.process_time(), Limits()
    artifact = check([ExportFile(_NAME, lambda: nullcontext(MarcStream(count, _report)))], "counter", count, limits)
    checked, totals, digest = time.process_time(), Totals(), hashlib.sha256()
    for member in open_members(CheckedStream(MarcStream(count, _report), artifact.files[0]), _NAME, limits):
        for outcome in transformed(cut_records(_NAME, member, limits), Transform(_book, default_delete)):
            totals = totals.plus(outcome)
            digest.update((isinstance(outcome, Transformed) and outcome.body) or b"")
    if totals != Totals(count, written=count):
        raise RuntimeError(f"Of {count} records: {totals}.")
    return {"check": checked - began, "transform": time.process_time() - checked}


def _book(record: pymarc.Record) -> dict[str, Any]:
    subjects = [field["a"] for field in record.get_fields("650")]
    return {"id": control_number(record), "title": record["245"]["a"], "subjects": subjects}


def _report(records: int) -> None:
    if records % _REPORT_EVERY == 0:
        _write(f"records={records}")


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(what: str, count: int) -> None:
    """Measure one of the two."""
    measured = {"pymarc": pymarc_alone, "example": example}[what]
    measured(FIRST_RECORDS)
    before = kilobytes(b"VmRSS:")
    times = measured(count)
    words = (f"{name}_ms={seconds * 1000:.0f}" for name, seconds in times.items())
    _write(" ".join([f"before_kb={before}", f"peak_kb={kilobytes()}", *words]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
