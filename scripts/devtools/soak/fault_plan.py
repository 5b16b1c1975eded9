"""Plan which calls of the functions fail, by a seed.

Faults are planned by call counts, not by time, so that they happen and end on any computer.
"""

import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple


class Call(NamedTuple):
    """One call of a function to AWS: `operation` as in `sns:Publish`; S3 calls have their method, `s3:PUT`."""

    operation: str
    content: bytes


class InjectedFault(NamedTuple):
    """A fault of a call: an AWS error, a delay in seconds, or a response lost after the call was carried out."""

    code: str = ""
    status: int = 400
    delay: float = 0.0
    loses_answer: bool = False

    @property
    def name(self) -> str:
        """The name in counts."""
        return self.code or ("lost answer" if self.loses_answer else "delay")


ANY: Final = "*"

# The operation, its calls per event, the probability of a fault for each call within the window, and the fault.
_FAULT_KINDS: Final = (
    ("sns:Publish", 0.8, 1.0, InjectedFault("Throttled")),
    ("sns:Publish", 0.8, 1.0, InjectedFault("AuthorizationError", 403)),
    ("sns:Publish", 0.8, 0.3, InjectedFault(loses_answer=True)),
    ("states:StartExecution", 0.1, 1.0, InjectedFault("ThrottlingException")),
    ("states:StartExecution", 0.1, 1.0, InjectedFault("AccessDeniedException")),
    ("states:StartExecution", 0.1, 0.5, InjectedFault(loses_answer=True)),
    ("dynamodb:PutItem", 1.0, 0.5, InjectedFault("ProvisionedThroughputExceededException")),
    ("dynamodb:UpdateItem", 1.0, 0.5, InjectedFault("InternalServerError", 500)),
    ("sqs:SendMessage", 1.0, 0.5, InjectedFault("RequestThrottled")),
    ("sqs:SendMessage", 1.0, 0.2, InjectedFault(loses_answer=True)),
    ("ssm:GetParameters", 0.01, 1.0, InjectedFault("ThrottlingException")),
    ("s3:PUT", 0.01, 1.0, InjectedFault("SlowDown", 503)),
    (ANY, 4.0, 0.2, InjectedFault(delay=0.5)),
    (ANY, 4.0, 0.2, InjectedFault("ServiceUnavailable", 503)),
)
_FEWEST_CALLS: Final = 3
# Few enough that the simulated Alma does not use up its retries.
_MOST_CALLS: Final = 80

# The calls of ingest: a fault of one of them may cause a 503.
_ON_THE_WAY_IN: Final = frozenset({"ssm:GetParameters", "sqs:SendMessage", "s3:PUT"})


class FaultWindow(NamedTuple):
    """The calls of an operation, from `begin` to before `end`, that fail with probability `chance`."""

    operation: str
    begin: int
    end: int
    chance: float
    fault: InjectedFault


def windows(seed: int, events: int) -> list[FaultWindow]:
    """Return one window per kind of fault, within the first four fifths of the calls of `events` events."""
    chance = random.Random(seed)  # noqa: S311 - faults, no secrets
    made = []
    for operation, per_event, share, fault in _FAULT_KINDS:
        calls = events * per_event
        length = round(min(max(calls * chance.uniform(0.03, 0.08), _FEWEST_CALLS), _MOST_CALLS))
        begin = round(calls * chance.uniform(0.05, 0.7))
        made.append(FaultWindow(operation, begin, begin + length, share, fault))
    return made


class FaultSchedule:
    """Decides on each call by the windows, counts the faults, and records the time of the last fault of ingest."""

    def __init__(self, plan: list[FaultWindow], seed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan = plan
        self._chance = random.Random(seed)  # noqa: S311 - as above
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self.injected: Counter[str] = Counter()
        self.ingest_disturbed_at = -math.inf
        self.last_call_at = clock()

    def decide(self, call: Call) -> InjectedFault | None:
        """Return the fault for a call, or None."""
        with self._lock:
            self.last_call_at = self._clock()
            numbers = {name: self._calls[name] for name in (call.operation, ANY)}
            self._calls.update(numbers.keys())
            for window in self._plan:
                number = numbers.get(window.operation, -1)
                if window.begin <= number < window.end and self._chance.random() < window.chance:
                    return window.fault
        return None

    def happened(self, call: Call, fault: InjectedFault) -> None:
        """Record that a fault was injected into a call."""
        with self._lock:
            self.injected[f"{call.operation} {fault.name}"] += 1
            if call.operation in _ON_THE_WAY_IN:
                self.ingest_disturbed_at = self._clock()
