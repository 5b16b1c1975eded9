"""What the figures were measured on, for whoever compares them with others. Measures nothing."""

import os
import platform
from pathlib import Path
from typing import Any

from benchmarks.measured_python import MeasuredPython


def facts(python: MeasuredPython, ingest_zip_bytes: int) -> dict[str, Any]:
    """As JSON values; `load` is the system's load average of a minute before it began."""
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
