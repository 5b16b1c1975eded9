"""Queues of moto's with dead letters, and the site with its logs."""

from pathlib import Path

import pytest

from scripts.deploy.aws import Aws
from scripts.operate.dead_letters import scan
from scripts.operate.dead_letters.opening import DeadLetters
from scripts.operate.scope import Scope
from tests.scripts.measure import conftest as measure
from tests.scripts.operate.dead_letters.letters import Queues, opened

site = measure.site


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass asks an empty queue without waiting for a letter."""
    monkeypatch.setattr(scan, "_WAIT_SECONDS", 0)


@pytest.fixture(autouse=True)
def state_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new folder for the state of the user who runs the command: nothing is left in the tester's own."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def queues(aws: Aws) -> Queues:
    """A webhook queue and its dead-letter queue, both empty."""
    return Queues.made(aws)


@pytest.fixture
def dead_letters(scope: Scope, queues: Queues) -> DeadLetters:
    """The dead letters of a stack that has all that the commands need."""
    return opened(scope, queues)
