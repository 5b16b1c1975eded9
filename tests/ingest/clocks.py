"""A clock that tests advance."""


class FakeClock:
    """A monotonic or wall clock that only advances on request."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        """Advance the clock."""
        self.now += seconds
