"""Clocks that tests turn by hand."""


class FakeClock:
    """A monotonic or wall clock that stands still until it is told."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        """Time goes by."""
        self.now += seconds
