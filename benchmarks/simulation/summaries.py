"""Summarise a run of the model as JSON values, rounded so that the last digits of a computer do not matter."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from benchmarks.simulation.model import Model

MAPPING: Final = "concurrency of the mapping"


def waits(model: Model, families: Iterable[str]) -> dict[str, Any]:
    """Return the seconds from the queue to the delivery of these families: median, slowest percent, slowest."""
    found = sorted(each for family in families for each in model.outcomes.seconds.get(family, ()))
    return {
        "delivered": len(found),
        "median_s": rounded(percentile(found, 50)),
        "p99_s": rounded(percentile(found, 99)),
        "slowest_s": rounded(percentile(found, 100)),
    }


def totals(model: Model) -> dict[str, Any]:
    """Return the counts of a run, what each quota rejected, and when the last event had its outcome."""
    outcomes = model.outcomes
    return {
        "queued": outcomes.queued,
        "retried": outcomes.retried,
        "dead": outcomes.dead.total(),
        "cold_starts": outcomes.cold_starts,
        "longest_backlog": outcomes.longest_backlog,
        "most_in_flight": outcomes.most_in_flight,
        "last_s": rounded(outcomes.last_at),
        "rejected": {name: quota.rejected for name, quota in model.quotas.items() if quota.rejected},
        "met": met(model),
    }


def met(model: Model) -> list[str]:
    """Return the quotas that rejected something and the mapping if it was full, in the order of time."""
    times = {name: quota.first_rejected_at for name, quota in model.quotas.items()}
    times[MAPPING] = model.outcomes.full_at
    return sorted((name for name, at in times.items() if at < math.inf), key=lambda name: times[name])


def delivered_after(model: Model, family: str) -> float:
    """Return when the last event of a family was delivered, in seconds since the start."""
    outcomes = model.outcomes
    sent = zip(outcomes.sent_at[family], outcomes.seconds[family], strict=True)
    return max(at + waited for at, waited in sent)


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the least value that this percentage of the ordered values does not exceed; 0 without values."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


def rounded(value: float) -> float:
    """Return a value with three significant digits, or more before the point."""
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))
