"""Describe the machine of a benchmark, so that its figures can be compared with others."""

import os
import platform
from pathlib import Path
from typing import Any

from benchmarks.measured_python import MeasuredPython


def facts(python: MeasuredPython, ingest_zip_bytes: int) -> dict[str, Any]:
    """Return the description as JSON values; `load` is the load average of the minute before the start."""
    return {
        "python": python.version,
        "machine": python.machine,
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "ingest_zip_bytes": ingest_zip_bytes,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
