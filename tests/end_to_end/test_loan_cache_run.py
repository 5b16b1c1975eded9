"""examples/loan-cache on the emulator: `run --once` shows that the cache is right and that its API answers."""

from pathlib import Path

import pytest

from scripts.project.folder import example
from tests.end_to_end.running import Running

pytestmark = pytest.mark.full  # it needs an emulator of its own, and starts four functions


def test_run_fills_the_cache_and_reads_it(tmp_path: Path) -> None:
    """Events out of order and twice, a fill, both lists for a signed request, and none for another one."""
    with Running(
        tmp_path, "--once", "--port", "0", "--project", str(example().folder.parent / "loan-cache")
    ) as running:
        assert running.wait() == 0, running.err
    prefix = "loan-cache: "
    assert [line.removeprefix(prefix).strip() for line in running.err if line.startswith(prefix)] == [
        "loans in, out of order and twice: 90000212110007141 is renewed, 90000211110007141 is returned",
        "GET /users/invented-patron-21/loans: 200 from the cache: 90000212110007141, 90000213110007141",
        "GET /users/invented-patron-21/requests: 200 from the cache: 810210007141",
        "GET /users/invented-patron-21/loans without a signature: 403",
    ]
    assert not any("dead letter" in line for line in running.err)
