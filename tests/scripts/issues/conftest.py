"""A stack with issues, without notifications: moto has no CloudFormation here."""

import pytest

from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import Queues
from tests.scripts.issues.site import IssueSite, made


@pytest.fixture
def site(dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> IssueSite:
    """No failures, and no states."""
    monkeypatch.setattr("scripts.issues.service.notifications_of", lambda _: None)
    return made(dead_letters.scope, queues)
