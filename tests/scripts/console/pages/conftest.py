"""What several tests of pages share."""

from tests.scripts.event_life.conftest import place

__all__ = ["place"]
