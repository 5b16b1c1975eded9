"""The times of a run: those of the pages that they come from."""

import re
from pathlib import Path
from random import Random

import yaml

from benchmarks.simulation.service_times import FILE, measured, stored
from scripts.aws.template import load
from tests.costs import PAGE, listed

PERFORMANCE = (Path(__file__).parents[3] / "docs" / "performance.md").read_text("utf-8")
FACTS = yaml.safe_load(FILE.read_text("utf-8"))


def test_the_file_has_the_numbers_of_the_pages() -> None:
    """Measured CPU and assumed durations are those of docs/performance.md, docs/costs.md and the template."""
    amounts = listed(PAGE.read_text("utf-8"))
    assert re.search(r"3 calls to AWS, ([\d.]+) to ([\d.]+) ms of CPU", PERFORMANCE)[0] == (  # type: ignore[index]
        f"{FACTS['calls']} calls to AWS, {FACTS['cpu_ms'][0]} to {FACTS['cpu_ms'][1]} ms of CPU"
    )
    assert FACTS["warm_ms"] == amounts["processor_ms"]
    assert FACTS["cold_ms"] == amounts["processor_cold_ms"]
    assert FACTS["ingest_ms"] == amounts["ingest_ms"]
    assert FACTS["memory_mb"] == load()["Resources"]["ProcessorFunction"]["Properties"]["MemorySize"]
    assert f"with {FACTS['memory_of_a_core_mb']:,} MB one vCPU" in PERFORMANCE


def test_the_mean_of_many_runs_is_that_of_the_file() -> None:
    """Within a hundredth, also if it is multiplied."""
    random = Random(1)  # noqa: S311 - a simulation, not a secret
    for times in (1, 2):
        warm = stored(times).warm
        mean = sum(warm(random) for _ in range(20_000)) / 20_000
        assert abs(mean / (FACTS["warm_ms"] / 1000 * times) - 1) < 0.01


def test_measured_times_come_in_their_order() -> None:
    """Nothing is added, the first one follows the last one, and no run is cold."""
    times = measured([0.1, 0.2])
    random = Random(1)  # noqa: S311 - a simulation, not a secret
    assert [times.warm(random) for _ in range(3)] == [0.1, 0.2, 0.1]
    assert times.cold == 0
