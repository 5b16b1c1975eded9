"""Which failed attempts the simulated Alma does not count: those with a recorded cause, and no others."""

import math

import pytest

from ingest.profile_secrets import BACK_OFF_SECONDS
from scripts.alma_client.retry_policy import AttemptResult
from scripts.devtools.soak.excused_attempts import ExcusedAttempts


@pytest.mark.parametrize(
    ("disturbed_at", "is_excused"),
    [(100.5, True), (100 - BACK_OFF_SECONDS[-1], True), (100 - 3 * BACK_OFF_SECONDS[-1], False), (-math.inf, False)],
)
def test_a_fault_excuses_attempts_until_its_aftermath_is_over(disturbed_at: float, is_excused: bool) -> None:
    """After a fault of SSM a listener backs off for seconds, and answers 503 to what no known secret has signed."""
    excuses = ExcusedAttempts(lambda: -math.inf, lambda: disturbed_at)
    assert excuses.is_excused(AttemptResult(503, None, 0.01), 100.0) is is_excused
    assert excuses.excused == is_excused


@pytest.mark.parametrize(
    ("answer", "is_excused"), [(AttemptResult(None, None, 5.0), True), (AttemptResult(503, None, 1.2), True)]
)
def test_a_busy_computer_excuses_what_it_kept_waiting(answer: AttemptResult, is_excused: bool) -> None:
    """No answer within Alma's 5 s, or one that something kept waiting: measured at the attempt itself."""
    assert ExcusedAttempts(lambda: -math.inf).is_excused(answer, 100.0) is is_excused


def test_an_error_at_once_without_a_fault_counts() -> None:
    """Four of those, and the event is lost: that is a fault of the pipeline."""
    assert not ExcusedAttempts(lambda: -math.inf).is_excused(AttemptResult(503, None, 0.9), 100.0)
