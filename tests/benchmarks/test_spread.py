"""Medians, their spread, and ratios within rounds."""

import pytest

from benchmarks.spread import Spread, ratio, ratios, spread, spreads


def of(median: float, low: float, high: float, count: int) -> Spread:
    return {"median": median, "low": low, "high": high, "of": count}


def test_the_quartiles_stand_beside_the_median() -> None:
    """One round that was disturbed moves neither."""
    assert spread([1, 2, 3, 4, 1000]) == of(3, 2, 4, 5)


def test_of_few_values_the_least_and_the_largest_do() -> None:
    """Quartiles of three values would look better than they are."""
    assert spread([3, 1, 2]) == of(2, 1, 3, 3)
    assert spread([5]) == of(5, 5, 5, 1)


def test_of_nothing_there_is_no_median() -> None:
    """Zero would look like a measurement."""
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_ratios_are_of_the_same_round() -> None:
    """A machine that is ten times as slow for one round changes no ratio."""
    assert ratio([2, 20, 2], [1, 10, 1]) == of(2, 2, 2, 3)


def test_ratios_of_rows_leave_out_what_was_not_measured() -> None:
    """No row is compared with itself, none with one that lacks the figure."""
    rounds: dict[str, list[dict[str, float]]] = {
        "bare": [{"ms": 1.0}, {"ms": 2.0}],
        "ours": [{"ms": 3.0}, {"ms": 6.0}],
        "none": [{}, {}],
    }
    found = ratios(rounds, "ms", ("bare", "none"))
    assert found == {"bare": {}, "ours": {"bare": {"median": 3.0, "low": 3.0, "high": 3.0, "of": 2}}}


def test_every_figure_of_a_row_has_its_spread() -> None:
    """Rounded to four digits, no digit before the point lost."""
    assert spreads([{"ms": 1.23456, "µs": 123456.7}]) == {
        "ms": {"median": 1.235, "low": 1.235, "high": 1.235, "of": 1},
        "µs": {"median": 123457.0, "low": 123457.0, "high": 123457.0, "of": 1},
    }
