"""`dead-letters fix` waits for outcomes without sleeping."""

import pytest

from tests.scripts.passing_time import outcome_wait


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that a command waits passes at once."""
    monkeypatch.setattr("scripts.dead_letters.replay_wait.OutcomeWait", outcome_wait())
