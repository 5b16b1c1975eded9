"""A wait for replayed events while another thread asks what is missing, as a page of the console does."""

from types import SimpleNamespace
from typing import Any

import pytest

from scripts.dead_letters import replay_wait
from scripts.dead_letters.replay_wait import ReplayWait


class Waiting:
    """Stands for the wait for outcomes: every event has one. `during` is called when a failed attempt is looked up."""

    def __init__(self) -> None:
        self.during: Any = lambda: None
        self.failed_attempts = self

    def __contains__(self, _: object) -> bool:
        self.during()
        return False

    def clock(self) -> float:
        """The time, always the same."""
        return 5.0

    def outcomes(self, keys: list[str], _seconds: float) -> Any:
        """An outcome for each key."""
        for key in keys:
            yield SimpleNamespace(receipt_id=key, at=6_000)


@pytest.fixture
def outcomes() -> Waiting:
    """The wait for outcomes that stands for the real one."""
    return Waiting()


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch, outcomes: Waiting) -> Any:
    monkeypatch.setattr(replay_wait, "OutcomeWait", lambda *_, **__: outcomes)
    made: Any = ReplayWait(SimpleNamespace())  # type: ignore[arg-type] # the wait is not the real one
    for name in ("r1", "r2", "r3"):
        made.on_sent(SimpleNamespace(id=name))
    return made


def test_what_is_missing_can_be_read_while_outcomes_come(wait: Any, outcomes: Waiting) -> None:
    """What was missing when the reading began, even if every outcome comes meanwhile."""
    outcomes.during = lambda: wait.run(1)
    assert wait.missing == ["r1", "r2", "r3"]
    assert wait.missing == []
    assert [seconds for _, seconds in wait.found] == [1.0, 1.0, 1.0]


def test_an_event_is_found_before_it_is_no_longer_missing(wait: Any) -> None:
    """A reader between the two, or an interruption, has it in at least one of the lists."""
    missing: list[list[str]] = []

    class Found(list[Any]):
        def append(self, event: Any) -> None:
            missing.append(wait.missing)
            super().append(event)

    wait.found = Found()
    wait.run(1)
    assert missing == [["r1", "r2", "r3"], ["r2", "r3"], ["r3"]]
