"""Calls of AWS with their faults: the seed decides which call fails, and when the others take effect.

A call can be throttled or not reach AWS; take effect while its answer is lost, or after its caller has given it up;
begin after its process stood still for some time; or be the last of its process, before or after it took effect. An
operator can press Ctrl-C during a call.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from tests.interleavings.schedule import Interrupts, Schedule, Task

Answer = dict[str, Any]

THROTTLED: Final = "throttled"
UNREACHED: Final = "not reached"
LOST: Final = "answer lost"
LATE: Final = "late, answer lost"
STALLED: Final = "stands still before it"
INTERRUPTED: Final = "Ctrl-C"
KILLED_BEFORE: Final = "killed before it"
KILLED_AFTER: Final = "killed after it"
FATES: Final = (THROTTLED, UNREACHED, LOST, LATE, STALLED, KILLED_BEFORE, KILLED_AFTER)
OUT_OF_TIME: Final = "time over"
TWICE: Final = "received twice"

UNANSWERED: Final = frozenset({LOST, LATE, KILLED_AFTER, OUT_OF_TIME})
"""The faults after which a call may have taken effect without its caller knowing."""

# How long after its caller gave it up a call may still take effect: less than the clocks of workers may differ.
LATEST_SECONDS: Final = 1.0

# How long a process may stand still: half of the time longer than the function has, so that it is killed meanwhile.
LONGEST_STALL_SECONDS: Final = 60.0


class Fault(NamedTuple):
    """A fault of one call; `attempt` and `key` are those of its task."""

    kind: str
    operation: str
    attempt: int
    key: str
    at: float


@dataclass(eq=False)
class Faults:
    """Decides the fate of each call: up to `left` faults, each call having one with the probability `rate`."""

    schedule: Schedule
    rate: float = 0.0
    left: int = 0
    made: list[Fault] = field(default_factory=list)

    def fate(self, operation: str) -> str:
        """Return the fault of the next call of the task, or an empty string."""
        random = self.schedule.random
        if not self.left or random.random() >= self.rate:
            return ""
        self.left -= 1
        fates = (*FATES, INTERRUPTED) if self.schedule.task.interrupts else FATES
        fate = fates[int(random.random() * len(fates))]
        self.add(fate, operation)
        return fate

    def is_twice(self) -> bool:
        """Return whether a message that is received stays visible, as SQS allows."""
        if not self.left or self.schedule.random.random() >= self.rate:
            return False
        self.left -= 1
        self.add(TWICE, "ReceiveMessage")
        return True

    def add(self, kind: str, operation: str) -> None:
        """Remember a fault of the task."""
        task = self.schedule.task
        self.made.append(Fault(kind, operation, task.attempt, task.key, self.schedule.now))


class Call(NamedTuple):
    """A call on its way: its task, attempt and delivery key when it was made, and its fault, if any."""

    task: Task
    attempt: int
    key: str
    fate: str


Effect = Callable[[Call], Answer]


class Network:
    """The way from clients to AWS. Clients keep it; `schedule` and `faults` are those of the current interleaving."""

    def __init__(self, schedule: Schedule | None = None) -> None:
        self.begin(schedule or Schedule(0))

    def begin(self, schedule: Schedule, rate: float = 0.0, faults: int = 0) -> None:
        """Begin another interleaving."""
        self.schedule = schedule
        self.faults = Faults(schedule, rate, faults)

    def call(self, operation: str, effect: Effect, attempts: int, timeout: float) -> Answer:
        """Make a call, up to `attempts` times as the SDK does. Raise what botocore raises; KilledError."""
        while True:
            attempts -= 1
            try:
                return self._once(operation, effect, timeout)
            except (ReadTimeoutError, ConnectTimeoutError, ThrottledError):
                if not attempts:
                    raise
                self.schedule.sleep(self.schedule.random.random())

    def _once(self, operation: str, effect: Effect, timeout: float) -> Answer:
        schedule = self.schedule
        schedule.check()
        task = schedule.task
        fate = self.faults.fate(operation)
        call = Call(task, task.attempt, task.key, fate)
        under_way = timeout * schedule.random.random() ** 4
        if fate:
            schedule.say(f"{operation}: {fate}")
        if fate == STALLED:
            schedule.sleep(LONGEST_STALL_SECONDS * schedule.random.random())
        elif fate == INTERRUPTED:
            self._interrupted(call, operation, effect, under_way)
        elif fate:
            return self._failed(call, operation, effect, (under_way, timeout))
        if schedule.now + under_way >= task.deadline:
            self.faults.add(OUT_OF_TIME, operation)
            self._on_its_way(call._replace(fate=OUT_OF_TIME), operation, effect, under_way)
        schedule.sleep(under_way)
        return self._arrived(call, operation, effect)

    def _failed(self, call: Call, operation: str, effect: Effect, seconds: tuple[float, float]) -> Answer:
        schedule, fate = self.schedule, call.fate
        under_way, timeout = seconds
        if fate == KILLED_BEFORE:
            schedule.kill()
        if fate == LATE:
            self._on_its_way(call, operation, effect, timeout + LATEST_SECONDS * schedule.random.random())
        else:
            schedule.sleep(under_way)
        if fate == THROTTLED:
            raise ThrottledError(operation)
        if fate in (LOST, KILLED_AFTER):
            self._attempted(call, operation, effect)
        if fate == KILLED_AFTER:
            schedule.kill()
        schedule.sleep(timeout - (0 if fate == LATE else under_way))
        timed_out = ConnectTimeoutError if fate == UNREACHED else ReadTimeoutError
        raise timed_out(endpoint_url="https://aws.invalid")

    def _interrupted(self, call: Call, operation: str, effect: Effect, under_way: float) -> None:
        """Let an operator press Ctrl-C, half of the time after the call was sent. Raise KeyboardInterrupt."""
        interrupts = call.task.interrupts or Interrupts()
        if not interrupts.deferring and self.schedule.random.random() < 0.5:
            self._on_its_way(call, operation, effect, under_way)
        interrupts.receive()

    def _on_its_way(self, call: Call, operation: str, effect: Effect, seconds: float) -> None:
        self.schedule.later(seconds, lambda: self._attempted(call, operation, effect))

    def _attempted(self, call: Call, operation: str, effect: Effect) -> None:
        """Let a call take effect whose answer nobody gets."""
        try:
            self._arrived(call, operation, effect)
        except ClientError:
            return

    def _arrived(self, call: Call, operation: str, effect: Effect) -> Answer:
        try:
            answer = effect(call)
        except ClientError as error:
            self.schedule.say(f"{operation}: {error.response['Error']['Code']}")
            raise
        self.schedule.say(operation)
        return answer


def refused(code: str, operation: str = "", **more: Any) -> ClientError:
    """Return the error of AWS with this code."""
    answer: Any = {"Error": {"Code": code, "Message": ""}, **more}
    return ClientError(answer, operation)


class ThrottledError(ClientError):
    """AWS refused a call for now."""

    def __init__(self, operation: str) -> None:
        super().__init__({"Error": {"Code": "ThrottlingException", "Message": ""}}, operation)
