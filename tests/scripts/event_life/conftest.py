"""A stack with its logs, its dead letters and its state machines, in process; without notifications."""

import pytest

from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import Queues
from tests.scripts.event_life.place import Place, made


@pytest.fixture
def place(dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The stack; CloudFormation, for which moto needs more packages, is not asked for notifications."""
    monkeypatch.setattr("scripts.request_trace.log.notifications_of", lambda _: None)
    return made(dead_letters.scope, queues)
