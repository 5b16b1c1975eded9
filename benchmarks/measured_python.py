"""Find the Python to measure, and the packages of the handlers for it.

Lambda's version where one is here, with the packages that the lists in requirements/ pin, installed once into build/;
else the Python that this runs in, with the packages that it has. Of an environment its base is run, so that no row pays
for the environment.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.product_files import PROJECT
from scripts.deploy import installer, runtime

_REQUIREMENTS: Final = PROJECT / "requirements"
_INSTALLED: Final = PROJECT / "build" / "bench"

_OLDEST: Final = (3, 11)

_ASK: Final = (
    "import importlib.util, json, platform, sys, sysconfig\n"
    "base = getattr(sys, '_base_executable', None) or sys.executable\n"
    "names = ('boto3', 'aws_lambda_powertools', 'pydantic', 'jinja2', 'cryptography', 'requests_hardened')\n"
    "has = all(map(importlib.util.find_spec, names))\n"
    "print(json.dumps([base, platform.python_version(), platform.machine(), sysconfig.get_path('purelib'), has]))"
)


class MeasuredPython(NamedTuple):
    """An interpreter, its version, its machine type, and folders of its packages.

    `packages` has those of the processor, which suffice for all listeners too; `notification_packages` has more.
    """

    executable: Path
    version: str
    machine: str
    packages: Path
    notification_packages: Path

    @property
    def facts(self) -> dict[str, Any]:
        """The machine as JSON values; `load` is the load average of the last minute."""
        cpuinfo = Path("/proc/cpuinfo")
        lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        return {
            "python": self.version,
            "machine": self.machine,
            "system": platform.system(),
            "processor": models[0] if models else platform.processor(),
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 2),
        }


def find(given: Path | None, say: Callable[[str], None]) -> MeasuredPython:
    """Return the given Python, else that of Lambda, else this one. Raise ConfigurationError.

    May need the packages' network at the first time; says so by `say`.
    """
    python = given or _lambdas(say) or Path(sys.executable)
    base, version, machine, own, has_all = _asked(python)
    if tuple(map(int, version.split(".")[:2])) < _OLDEST:
        raise ConfigurationError(f"--python {python} is Python {version}; 3.11 or newer is needed.")
    lists = ("processor.txt", "notifications.txt")
    packages = [Path(own) if has_all else _installed(python, version, _REQUIREMENTS / each, say) for each in lists]
    return MeasuredPython(Path(base), version, machine, *packages)


def _lambdas(say: Callable[[str], None]) -> Path | None:
    if not (found := runtime.find()):
        say(f"There is no Python {runtime.VERSION} here, Lambda's: measured is the one that this runs in.")
    return found


def _asked(python: Path) -> tuple[str, str, str, str, bool]:
    try:
        done = subprocess.run(  # noqa: S603 -- only asked what it is
            [str(python), "-I", "-c", _ASK], capture_output=True, text=True, check=True, timeout=30
        )
        base, version, machine, own, has_all = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        raise ConfigurationError(f"--python {python} does not run as a Python.") from None
    return base, version, machine, own, has_all


def _installed(python: Path, version: str, requirements: Path, say: Callable[[str], None]) -> Path:
    """Return the folder of the pinned packages for this Python; create it atomically if it is missing."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = _INSTALLED / f"compiled-{version}-{digest}"
    if folder.is_dir():
        return folder
    say(f"Installing the handlers' packages for Python {version} into {folder}; only the first time.")
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    try:
        what = f"The handlers' packages for Python {version}"
        installer.install([requirements], ["--python", str(python), "--target", str(unfinished)], what)
        runtime.compile_all(python, unfinished)  # as in the zip: Python looks at no source's time
        if not folder.is_dir():  # another run may have been quicker, with the same
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder
