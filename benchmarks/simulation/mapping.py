"""How many events an event source mapping processes at the same time, and how fast that number grows."""

from dataclasses import dataclass
from typing import Final, NamedTuple

AT_START: Final = 5
"""Concurrent runs when messages become available ("Configuring scaling behavior for SQS event source mappings")."""

A_MINUTE: Final = 300
"""How many more each minute, while messages are available (the same page)."""


class MappingRules(NamedTuple):
    """How a mapping scales: `maximum_concurrency` from 2, and `steps` more runs each time that it grows.

    Assumed, because it is not documented: it grows evenly (`steps` 1), and a queue that was empty for
    `forgotten_seconds` starts again.
    """

    maximum_concurrency: int
    steps: int = 1
    forgotten_seconds: float = 60.0

    @property
    def seconds_between_steps(self) -> float:
        """The seconds until it grows again."""
        return self.steps * 60 / A_MINUTE

    @property
    def at_start(self) -> int:
        """The concurrent runs at the start."""
        return min(AT_START, self.maximum_concurrency)


@dataclass(slots=True)
class Mapping:
    """The present limit of a mapping."""

    rules: MappingRules
    limit: int = 0
    _used_at: float = 0.0

    def begin(self, busy: int, now: float) -> None:
        """Messages are available while `busy` runs are going on: start again if there were none for long."""
        if not self.limit or (not busy and now - self._used_at > self.rules.forgotten_seconds):
            self.limit = self.rules.at_start

    def rest(self, now: float) -> None:
        """No run is busy any more."""
        self._used_at = now

    def grow(self) -> None:
        """Grow by a step, because messages are still available."""
        self.limit = min(self.limit + self.rules.steps, self.rules.maximum_concurrency)

    @property
    def can_grow(self) -> bool:
        """Whether the limit is below the maximum."""
        return self.limit < self.rules.maximum_concurrency
