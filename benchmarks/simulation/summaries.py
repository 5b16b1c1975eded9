"""Summarise a run of the model as JSON values, rounded so that the last digits of a computer do not matter."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.simulation.model import Model


def waits(model: Model, families: Iterable[str]) -> dict[str, Any]:
    """Return the seconds from the queue to the delivery of these families together: median, slowest percent, slowest."""
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
    }


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the least value that so many percent of the ordered values do not exceed; 0 without values."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


def rounded(value: float) -> float:
    """Return a value with three significant digits, or more before the point."""
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))
