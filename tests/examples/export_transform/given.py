"""Inputs of executions and files for the tests of examples/export-transform."""

from typing import Any

from export_transform.export_input import ExportInput
from export_transform.source import SourceFile

STARTED = "2026-05-13T02:00:03.410Z"
STARTED_SECONDS = 1_778_637_603.0
LINK = "c.jobs.bibExport.link"
WRITTEN = "c.jobs.publishing.totalRecordsWrittenToFile"


def counter(kind: str, value: str | None) -> dict[str, Any]:
    """Return a counter as an event has it."""
    return {"type": {"value": kind, "desc": "Invented"}, "value": value}


def export_input(*counters: dict[str, Any], job: dict[str, Any] | None = None, **export: Any) -> ExportInput:
    """Return an input with these counters, members of the job, and options of the export."""
    return ExportInput.parse(input_data(*counters, job=job, **export))


def input_data(*counters: dict[str, Any], job: dict[str, Any] | None = None, **export: Any) -> dict[str, Any]:
    """Return the input as the route makes it."""
    options = {"source": "s3", "prefix": "exports/", "expect": "any", "counters": [WRITTEN], **export}
    return {
        "job": {"id": "9100000000008141", "name": "Job", "start_time": STARTED, "counters": [*counters], **(job or {})},
        "export": options,
        "institution": "01EXAMPLE_INST",
        "profile": "alma",
        "receipt_id": "receipt-1",
    }


def source_file(name: str, *, size: int = 10, tag: str = "tag", age: float = -60.0) -> SourceFile:
    """Return a listed file that is this many seconds older than the start of the job."""
    return SourceFile(name=name, size=size, tag=tag, modified=STARTED_SECONDS - age)
