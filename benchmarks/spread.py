"""Medians with their spread, and ratios of what was measured side by side. Measures nothing, prints nothing."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

# With fewer values quartiles say less than the least and the largest do.
_FEWEST_FOR_QUARTILES: Final = 4


class Spread(NamedTuple):
    """The median of `of` values, with the quartiles beside it; the least and the largest of fewer than four."""

    median: float
    low: float
    high: float
    of: int

    @property
    def facts(self) -> dict[str, float]:
        """As JSON values, four digits or more each."""
        return {"median": _short(self.median), "low": _short(self.low), "high": _short(self.high), "of": self.of}


def spread(values: Sequence[float]) -> Spread:
    """Raises ValueError where there is no value."""
    if not values:
        raise ValueError("There is nothing to take a median of.")
    if len(values) < _FEWEST_FOR_QUARTILES:
        return Spread(statistics.median(values), min(values), max(values), len(values))
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high, len(values))


def ratio(values: Sequence[float], others: Sequence[float]) -> Spread:
    """Of each value to the other of the same round: a machine that is slow for a while is slow for both."""
    return spread([value / other for value, other in zip(values, others, strict=True)])


def spreads(rounds: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """The spread of each figure over the rounds of one row, as JSON values."""
    return {name: spread([figures[name] for figures in rounds]).facts for name in rounds[0]}


def ratios(
    rounds: Mapping[str, Sequence[Mapping[str, float]]], figure: str, others: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """For each row the paired ratio of its figure to that of each of the others that was measured, as JSON values."""
    values = {row: [figures[figure] for figures in of_row if figure in figures] for row, of_row in rounds.items()}
    return {
        row: {other: ratio(mine, values[other]).facts for other in others if other != row and values.get(other)}
        for row, mine in values.items()
        if mine
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1000 else float(round(value))
