"""Cold starts with a share of a core: which rows there are, and what keeps within Alma's patience."""

import os
from pathlib import Path

import pytest

from benchmarks import cpu_share
from benchmarks.rows import Bench, BenchRow
from benchmarks.share_part import ALL, REQUEST, SIZES, measure

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
    groups = cpu_share.find()
    if groups is None:
        pytest.skip("No control group can be made here.")
    (tmp_path / "handlers.py").write_text(HANDLERS)
    rows = [BenchRow(name, f"handlers:{name}", (tmp_path,)) for name in ("accept", "refuse")]
    found = measure(bench, groups, rows, rows[0]._replace(name="lazy"), 1, lambda _: None)["rows"]
    cases = {(row["row"], row["megabytes"], row["init"]): row for row in found}
    both = {(row.name, size, init) for row in rows for size in SIZES for init in (ALL, REQUEST)}
    assert cases.keys() == both | {("lazy", size, REQUEST) for size in SIZES}
    assert all(row["is_within_budget"] == (row["row"] != "refuse") for row in found)
    assert cases["refuse", 128, ALL]["statuses"] == [503]
    assert list(groups.root.glob(f"*bench-{os.getpid()}-*")) == []
