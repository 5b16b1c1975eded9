"""Compute medians with their spread, and ratios of paired measurements."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Final

# With fewer values, minimum and maximum are used instead of quartiles.
_FEWEST_FOR_QUARTILES: Final = 4


Spread = dict[str, float]
"""JSON values, rounded to at least four digits: the `median` of `of` values, and the quartiles `low` and `high`.

For fewer than four values, `low` and `high` are the minimum and the maximum.
"""


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of the values. Raise ValueError without values."""
    if not values:
        raise ValueError("There are no values for a median.")
    low, median, high = min(values), statistics.median(values), max(values)
    if len(values) >= _FEWEST_FOR_QUARTILES:
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": _short(median), "low": _short(low), "high": _short(high), "of": len(values)}


def ratio(values: Sequence[float], others: Sequence[float]) -> Spread:
    """Return the ratios of values of the same round, so that a temporarily slow machine affects both."""
    return spread([value / other for value, other in zip(values, others, strict=True)])


def spreads(rounds: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """Return the spread of each figure over the rounds of one row, as JSON values."""
    return {name: spread([figures[name] for figures in rounds]) for name in rounds[0]}


def ratios(
    rounds: Mapping[str, Sequence[Mapping[str, float]]], figure: str, others: Sequence[str]
) -> dict[str, dict[str, Spread]]:
    """Return for each row the paired ratios of its figure to that of the other measured rows, as JSON values."""
    values = {row: [figures[figure] for figures in of_row if figure in figures] for row, of_row in rounds.items()}
    return {
        row: {other: ratio(mine, values[other]) for other in others if other != row and values.get(other)}
        for row, mine in values.items()
        if mine
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1000 else float(round(value))
