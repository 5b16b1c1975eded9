"""Processes that send events to the model: bursts, steady traffic, and replays."""

from collections.abc import Mapping
from typing import Final

from benchmarks.simulation.model import Model, ProcessSteps

_STEP_SECONDS: Final = 0.01

LIBRARY: Final = {"LOAN": 0.5, "REQUEST": 0.2, "USER": 0.1, "BIB": 0.1, "ITEM": 0.1}
"""Shares of event families in the working hours of a library: assumed."""


def burst(model: Model, family: str, per_second: float, seconds: float) -> ProcessSteps:
    """Post events of one family to the gateway at an even rate."""
    posted, steps = 0, round(seconds / _STEP_SECONDS)
    for step in range(1, steps + 1):
        due = round(step * _STEP_SECONDS * per_second)
        model.post(family, due - posted)
        posted = due
        yield model.env.timeout(_STEP_SECONDS)


def every(model: Model, family: str, gap: float, begins: float, ends: float) -> ProcessSteps:
    """Post one event of a family every `gap` seconds, the first at `begins`."""
    yield model.env.timeout(begins)
    while model.env.now <= ends:
        model.post(family, 1)
        yield model.env.timeout(gap)


def traffic(model: Model, per_second: float, seconds: float, shares: Mapping[str, float]) -> ProcessSteps:
    """Post events of several families at random times."""
    families, weights = list(shares), list(shares.values())
    while model.env.now < seconds:
        yield model.env.timeout(model.random.expovariate(per_second))
        model.post(model.random.choices(families, weights)[0], 1)


def replay(model: Model, count: int, per_second: float, begins: float) -> ProcessSteps:
    """Send dead letters to the queue again, past the gateway, in their own group."""
    yield model.env.timeout(begins)
    for _ in range(count):
        model.send("replay")
        yield model.env.timeout(1 / per_second)
