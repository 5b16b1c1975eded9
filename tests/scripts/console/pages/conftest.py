"""What several tests of pages share."""

from datetime import UTC, datetime

import pytest

from tests.scripts.console.desk import Clock
from tests.scripts.event_life.conftest import place

__all__ = ["clock", "place"]


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until a test moves it."""
    return Clock(datetime(2026, 11, 24, 12, tzinfo=UTC))
