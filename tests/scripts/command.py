"""Run `alma-webhooks` in a process of its own, as a user would."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*arguments: str, environment: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the command without a terminal, with only PATH and `environment`; return exit code and output."""
    return subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", "from scripts.main import main; main()", *arguments],
        env={"PATH": os.environ["PATH"], "COLUMNS": "80", **(environment or {})},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
