"""A time for tests of commands that wait: it passes only by pauses, so that no test sleeps."""

from collections.abc import Callable
from functools import partial

from scripts.aws.outcome_wait import OutcomeWait


class PassingTime:
    """A monotonic clock that begins at zero. In each pause the next of `steps` runs, then `then`."""

    def __init__(self, *steps: Callable[[], None]) -> None:
        self.now = 0.0
        self.steps = list(steps)
        self.then: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.steps:
            self.steps.pop(0)()
        self.then()

    def monotonic(self) -> float:
        return self.now


def outcome_wait() -> Callable[..., OutcomeWait]:
    """Return a constructor of waits for outcomes. Their time passes only by their pauses."""
    time = PassingTime()
    return partial(OutcomeWait, monotonic=time.monotonic, sleep=time.sleep)
