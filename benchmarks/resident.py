"""Read how much memory this process uses."""

import os
import re
import resource
from pathlib import Path
from typing import Final

_PAGE_KB: Final = resource.getpagesize() // 1024
_PEAK: Final = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


def resident_kb() -> int:
    """Return the resident memory in kB; where there is no /proc, the most so far."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE_KB
    except OSError:
        return peak_kb()


def peak_kb() -> int:
    """Return the most resident memory so far in kB. `getrusage` would count the process that has started this one."""
    try:
        found = _PEAK.search(Path("/proc/self/status").read_text("ascii"))
    except OSError:
        found = None
    if found:
        return int(found[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if os.uname().sysname == "Darwin" else most
