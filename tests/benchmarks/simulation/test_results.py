"""The stored results: one of them is simulated again and is the same."""

import pytest

from benchmarks.simulation.questions import job_behind_burst, settings
from benchmarks.simulation.results import RESULTS, concurrencies, stored, text_of


@pytest.mark.full
def test_a_burst_has_the_stored_result_again() -> None:
    """Prod with groups: no clock and no other randomness, so it is equal on each computer."""
    prod = concurrencies()["prod"]
    found = job_behind_burst(settings(prod), stored()["runs"])
    assert found == stored()["burst"]["default quotas"][str(prod)]["groups"]


def test_the_file_is_written_as_it_is_read() -> None:
    """New results differ only where they are different."""
    assert text_of(stored()) == RESULTS.read_text("utf-8")
