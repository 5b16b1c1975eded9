"""Draws how long a run of the processor takes."""

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import yaml

FILE: Final = Path(__file__).with_name("service_times.yaml")

# Nothing is posted through ingest in a comparison with measured times, but its rate is calculated.
_NO_TIME: Final = 1e-6

Draw = Callable[[Random], float]


class ServiceTimes(NamedTuple):
    """Seconds: `warm` draws those of a run, `call` those of one call to AWS; `cold` are added to a first run."""

    warm: Draw
    call: Draw
    cold: float
    ingest: float


def stored(times: float = 1.0) -> ServiceTimes:
    """Return the times of the file, those of a warm run multiplied."""
    facts: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    slower = facts["memory_of_a_core_mb"] / facts["memory_mb"] / 1000
    least, most = (milliseconds * slower for milliseconds in facts["cpu_ms"])
    calls, spread = int(facts["calls"]), float(facts["spread"])
    mean_call = (facts["warm_ms"] * times / 1000 - (least + most) / 2) / calls
    middle = math.log(mean_call) - spread**2 / 2  # so that the mean is that of the file

    def call(random: Random) -> float:
        return random.lognormvariate(middle, spread)

    def warm(random: Random) -> float:
        return random.uniform(least, most) + sum(call(random) for _ in range(calls))

    return ServiceTimes(warm, call, facts["cold_ms"] / 1000, facts["ingest_ms"] / 1000)


def measured(seconds: Sequence[float]) -> ServiceTimes:
    """Return measured times, in their order and then again from the first one, without cold starts."""
    runs = itertools.cycle(seconds)
    return ServiceTimes(lambda _: next(runs), lambda _: min(seconds), 0.0, _NO_TIME)
