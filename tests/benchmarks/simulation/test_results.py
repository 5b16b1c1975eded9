"""The stored results: the quickest of them are simulated again and are the same."""

from benchmarks.simulation.questions import job_behind_burst, settings
from benchmarks.simulation.results import RESULTS, concurrencies, stored, text_of


def test_a_burst_has_the_stored_result_again() -> None:
    """Dev and prod with groups."""
    of = stored()["burst"]["default quotas"]
    for stage in ("dev", "prod"):
        concurrency = concurrencies()[stage]
        found = job_behind_burst(settings(concurrency), stored()["runs"])
        assert found == of[str(concurrency)]["groups"]


def test_the_file_is_written_as_it_is_read() -> None:
    """New results differ only where they are different."""
    assert text_of(stored()) == RESULTS.read_text("utf-8")
