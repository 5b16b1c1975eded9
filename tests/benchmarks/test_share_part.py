"""Cold starts with a share of a core: how large it is, which rows there are, and what keeps within Alma's patience."""

import os
import subprocess
from pathlib import Path

import pytest

from benchmarks.rows import Bench, BenchRow
from benchmarks.share_part import ALL, REQUEST, SIZES, Throttle, find_root, measure, share_of, throttle


def test_memory_buys_a_share() -> None:
    """AWS: 1,769 MB are one vCPU."""
    assert share_of(1769) == 1
    assert round(share_of(128), 4) == 0.0724


def test_a_process_is_in_its_group_before_it_begins(tmp_path: Path) -> None:
    """The process that writes its number there becomes the command, under the same number."""
    group = Throttle(tmp_path)
    command = group.started_in(["/bin/sh", "-c", "echo $$"])
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - the line above
    assert group.processes.read_text("ascii") == done.stdout


def test_a_group_has_its_limit_while_it_is_needed() -> None:
    """Per 20 ms, in whichever version the system has; at the end it is gone."""
    root = find_root()
    if root is None:
        pytest.skip("No control group can be made here.")
    with throttle(root, 256) as group:
        second = group.folder / "cpu.max"
        limit = second if second.exists() else group.folder / "cpu.cfs_quota_us"
        assert limit.read_text("ascii").split()[0] == str(round(256 / 1769 * 20_000))
    assert not group.folder.exists()


HANDLERS = """
def accept(event, context):
    return {"statusCode": 200}

def refuse(event, context):
    return {"statusCode": 503}
"""


def test_without_control_groups_there_is_a_reason_and_no_row(bench: Bench) -> None:
    """Another system, or no right to make one."""
    found = measure(bench, None, [], BenchRow("lazy", "handlers:accept", ()), 1, lambda _: None)
    assert found["available"] is False
    assert "control group" in found["why"]


def test_every_row_has_every_share_in_both_ways(bench: Bench, tmp_path: Path) -> None:
    """But for the trap, which hides only where INIT is at full speed; an answer that is no 200 keeps no budget."""
    root = find_root()
    if root is None:
        pytest.skip("No control group can be made here.")
    (tmp_path / "handlers.py").write_text(HANDLERS)
    rows = [BenchRow(name, f"handlers:{name}", (tmp_path,)) for name in ("accept", "refuse")]
    found = measure(bench, root, rows, rows[0]._replace(name="lazy"), 1, lambda _: None)["rows"]
    cases = {(row["row"], row["megabytes"], row["init"]): row for row in found}
    both = {(row.name, size, init) for row in rows for size in SIZES for init in (ALL, REQUEST)}
    assert cases.keys() == both | {("lazy", size, REQUEST) for size in SIZES}
    assert all(row["is_within_budget"] == (row["row"] != "refuse") for row in found)
    assert cases["refuse", 128, ALL]["statuses"] == [503]
    assert list(root.glob(f"*bench-{os.getpid()}-*")) == []
