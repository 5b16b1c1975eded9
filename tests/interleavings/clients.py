"""Clients with the methods of boto3 that the processor and the replay call, on the AWS of an interleaving."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from tests.interleavings.calls import Answer, Call, Network
from tests.interleavings.services import REGION, Services


@dataclass(eq=False)
class Wire:
    """What the clients of all workers and operators share: the way to AWS, and the AWS of this interleaving."""

    network: Network
    services: Services


@dataclass(eq=False)
class Client:
    """A client. It tries each call up to `attempts` times, and waits up to `timeout` seconds for an answer."""

    wire: Wire
    attempts: int
    timeout: float

    meta = SimpleNamespace(region_name=REGION, events=SimpleNamespace(register=lambda *_: None))

    def call(self, operation: str, effect: Callable[[Services, Call], Answer], more_seconds: float = 0.0) -> Answer:
        """Make a call. Raise what botocore raises; KilledError."""
        services = self.wire.services  # a call that arrives late must not reach the next interleaving
        timeout = self.timeout + more_seconds
        return self.wire.network.call(operation, lambda call: effect(services, call), self.attempts, timeout)

    @property
    def now(self) -> float:
        """The time by the clock of AWS."""
        return self.wire.network.schedule.now


def answer(**members: Any) -> Answer:
    """Return an answer of AWS."""
    return members
