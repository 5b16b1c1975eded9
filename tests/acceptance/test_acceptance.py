"""The acceptance on an emulator of its own: what it shows here, and what it says that only AWS can show."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.__main__ import STEPS
from tests.acceptance.step import IN_PART, PASSED

pytestmark = pytest.mark.full  # five deployments

ROOT = Path(__file__).parents[2]

# The end-to-end tests run in CI anyway, and on a deployed stack in test_integration.py.
LEFT_OUT = "integration tests"
ONLY_ON_AWS = {"1 MiB topics", "alarms", "redrive", "KMS", "throttle", "fair groups", "custom domain"}
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/0f9a"
FLAGS = ("--stage", "dev", "--emulator", "--domain", "hooks.example.org", "--certificate", CERTIFICATE)


def test_every_step_runs_on_the_emulator_as_far_as_that_goes(tmp_path: Path) -> None:
    """No step fails, those that only AWS can show are in part and say why, and nothing is left."""
    names = [step.name for step in STEPS if step.name != LEFT_OUT]
    chosen = [word for name in names for word in ("--only", name)]
    done = subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-m", "tests.acceptance", *FLAGS, "--folder", str(tmp_path), *chosen],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    report = (tmp_path / "report.md").read_text("utf-8")
    assert done.returncode == 0, report
    rows = dict(re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \| \d+ \|", report, re.MULTILINE))
    assert rows == {name: IN_PART if name in ONLY_ON_AWS else PASSED for name in names}
    assert report.count("Not shown, because the emulator") == len(ONLY_ON_AWS)
