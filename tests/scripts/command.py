"""Runs `alma-webhooks` as a user would, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*arguments: str, environment: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """The command's exit code and output; no terminal, and only `environment` beside the path."""
    return subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", "from scripts.main import main; main()", *arguments],
        env={"PATH": os.environ["PATH"], "COLUMNS": "80", **(environment or {})},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
