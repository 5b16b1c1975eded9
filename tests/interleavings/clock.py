"""The clock of the schedule in place of the computer's, where the libraries and the replay read it."""

import datetime as dt
import random
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools.utilities.idempotency import base
from aws_lambda_powertools.utilities.idempotency.persistence import base as layer
from aws_lambda_powertools.utilities.idempotency.persistence import datarecord, dynamodb

from scripts.aws import exclusive
from scripts.aws.clock import Clock
from scripts.dead_letters import replay
from tests.interleavings.calls import Network

_READERS: tuple[Any, ...] = (base, layer, datarecord, dynamodb)


@contextmanager
def kept_by(network: Network) -> Iterator[None]:
    """Let powertools and the replay take the time from the schedule, and nothing change the numbers of `random`."""

    def now() -> dt.datetime:
        return dt.datetime.fromtimestamp(network.schedule.wall())  # noqa: DTZ006 -- as powertools does

    def aws_clock(_: dt.datetime) -> Clock:
        return lambda: network.schedule.now

    names = {name: getattr(dt, name) for name in ("timedelta", "date", "time")}
    clock = SimpleNamespace(datetime=SimpleNamespace(now=now, fromtimestamp=dt.datetime.fromtimestamp), **names)
    before = [(module, "dt", module.dt) for module in _READERS]
    before += [(module, "aws_clock", module.aws_clock) for module in (exclusive, replay)]
    state = random.getstate()
    try:
        for module, name, _ in before:
            setattr(module, name, clock if name == "dt" else aws_clock)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
        random.setstate(state)
