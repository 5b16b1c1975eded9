"""Replace the functions of a pipeline on the emulator by a pair that does almost nothing, as a floor for throughput."""

import io
import zipfile
from pathlib import Path
from typing import Final

from scripts.aws.clients import Aws

RUN: Final = "run"
FORWARDING: Final = "forwarding pair"
RETURNING: Final = "returning pair"

PAIRS: Final = {
    FORWARDING: ("forwarding_ingest", "forwarding_processor"),
    RETURNING: ("forwarding_ingest", "returning_processor"),
}
"""Modules of `benchmarks/handlers` in place of ingest and the processor.

The forwarding pair is the least that moves an event along the same path: SendMessage, then Publish. It checks no
signature, has no routes, and records no delivery. The second function of the returning pair only returns, so that
nothing arrives.
"""

_HANDLERS: Final = Path(__file__).with_name("handlers")
_SHARED: Final = ("benchmarks/__init__.py", "benchmarks/handlers/__init__.py", "benchmarks/handlers/emulator_call.py")


def replace_functions(aws: Aws, stack: str, pair: str) -> None:
    """Replace the code of both functions of a stack; their settings, queue and template stay."""
    for function, module in zip(("ingest", "processor"), PAIRS[pair], strict=True):
        aws.functions.update_function_code(FunctionName=f"{stack}-{function}", ZipFile=_zipped(function, module))


def _zipped(package: str, module: str) -> bytes:
    """Return a zip whose handler has the name that the template gives."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{package}/__init__.py", "")  # else the emulator finds our own package
        archive.writestr(f"{package}/handler.py", _HANDLERS.joinpath(f"{module}.py").read_bytes())
        for name in _SHARED:
            archive.writestr(name, _HANDLERS.parents[1].joinpath(name).read_bytes())
    return content.getvalue()
