"""Shares of a core: how large, and how processes get into them."""

import subprocess
from pathlib import Path

import pytest

from benchmarks import cpu_share
from benchmarks.cpu_share import Throttle, share_of


def test_memory_buys_a_share() -> None:
    """AWS: 1,769 MB are one vCPU."""
    assert share_of(1769) == 1
    assert round(share_of(128), 4) == 0.0724


def test_a_process_is_in_its_group_before_it_begins(tmp_path: Path) -> None:
    """The process that writes its number there becomes the command, under the same number."""
    throttle = Throttle(tmp_path)
    command = throttle.started_in(["/bin/sh", "-c", "echo $$"])
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - the line above
    assert throttle.processes.read_text("ascii") == done.stdout


def test_a_group_has_its_limit_while_it_is_needed() -> None:
    """Per 20 ms, in whichever version the system has; at the end it is gone."""
    groups = cpu_share.find()
    if groups is None:
        pytest.skip("No control group can be made here.")
    with groups.throttle(256) as throttle:
        second = throttle.folder / "cpu.max"
        limit = second if second.exists() else throttle.folder / "cpu.cfs_quota_us"
        assert limit.read_text("ascii").split()[0] == str(round(256 / 1769 * 20_000))
    assert not throttle.folder.exists()
