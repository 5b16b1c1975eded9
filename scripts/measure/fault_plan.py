"""Which faults befall the pipeline when, decided by a seed before anything runs. Makes none happen.

Times are seconds since the soak's start; every window ends well before the soak does, so that all can come right.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from scripts.measure.fault_proxy import Call, Fault

# What may go wrong for a while: the operation, a chance for each call, and what happens then.
_WEATHER: Final = (
    ("sns:Publish", 1.0, Fault("Throttled")),
    ("sns:Publish", 1.0, Fault("AuthorizationError", 403)),
    ("sns:Publish", 0.3, Fault(loses_answer=True)),
    ("states:StartExecution", 1.0, Fault("ThrottlingException")),
    ("states:StartExecution", 1.0, Fault("AccessDeniedException")),
    ("states:StartExecution", 0.5, Fault(loses_answer=True)),
    ("dynamodb:PutItem", 0.5, Fault("ProvisionedThroughputExceededException")),
    ("dynamodb:UpdateItem", 0.5, Fault("InternalServerError", 500)),
    ("sqs:SendMessage", 0.5, Fault("RequestThrottled")),
    ("sqs:SendMessage", 0.2, Fault(loses_answer=True)),
    ("ssm:GetParameters", 1.0, Fault("ThrottlingException")),
    ("s3:PUT", 0.5, Fault("SlowDown", 503)),
    ("*", 0.3, Fault(delay=0.5)),
    ("*", 0.2, Fault("ServiceUnavailable", 503)),
)


# Shorter than what the simulated Alma has patience for, or it would be right to give events up.
_LONGEST_SECONDS: Final = 8.0

# What befalls these can make a publish happen again.
_BETWEEN_PUBLISH_AND_RECORD: Final = frozenset({"sns:Publish", "dynamodb:UpdateItem", "dynamodb:DeleteItem"})


class Window(NamedTuple):
    """From when until when which calls fail how; `chance` is that of each call."""

    begin: float
    end: float
    operation: str
    chance: float
    fault: Fault

    def holds(self, at: float, operation: str) -> bool:
        """Whether a call at this moment is inside."""
        return self.begin <= at < self.end and self.operation in {"*", operation}


def windows(seed: int, seconds: float) -> list[Window]:
    """One window for each kind of weather, somewhere in the first four fifths of the time."""
    chance = random.Random(seed)  # noqa: S311 - faults, no secrets
    made = []
    for operation, share, fault in _WEATHER:
        length = min(seconds * chance.uniform(0.03, 0.08), _LONGEST_SECONDS)
        begin = chance.uniform(0.05 * seconds, 0.8 * seconds - length)
        made.append(Window(begin, begin + length, operation, share, fault))
    return sorted(made)


class Weather:
    """Decides on each call by the windows; remembers what it did, by operation, and when answers were lost."""

    def __init__(self, plan: list[Window], seed: int, elapsed: Callable[[], float], wall: Callable[[], float]) -> None:
        self._plan = plan
        self._chance = random.Random(seed)  # noqa: S311 - as above
        self._elapsed = elapsed
        self._wall = wall
        self._lock = threading.Lock()
        self.injected: Counter[str] = Counter()
        self.disturbed: list[float] = []

    def decide(self, call: Call) -> Fault | None:
        """The fault that befalls a call, if one does."""
        at = self._elapsed()
        with self._lock:
            for window in self._plan:
                if window.holds(at, call.operation) and self._chance.random() < window.chance:
                    self.injected[f"{call.operation} {window.fault.name}"] += 1
                    if call.operation in _BETWEEN_PUBLISH_AND_RECORD:
                        self.disturbed.append(self._wall())
                    return window.fault
        return None
