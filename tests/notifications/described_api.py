"""Runs Schemathesis with the description of the notifications API against a server on loopback."""

import os
import subprocess
import sys
from pathlib import Path

import notifications

_DESCRIPTION = Path(notifications.__path__[0], "openapi.yaml")
_CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def attacked(url: str, folder: Path, examples: int, key: str, topic_hash: str, *options: str) -> str:
    """Return what Schemathesis found, or "". It sends at most `examples` random requests to each operation.

    It sends the same requests each time. Its cache goes to the folder.
    """
    completed = subprocess.run(  # noqa: S603 -- our own interpreter
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIGURATION)),
            *("run", str(_DESCRIPTION), "--url", url, "--no-color", "--continue-on-failure"),
            *("--max-examples", str(examples), "--generation-deterministic"),
            *("--header", f"X-Api-Key:{key}", "--header", f"X-Topic-Hash-X:{topic_hash}", *options),
        ],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if completed.returncode == 0 else completed.stdout + completed.stderr
