"""Alarms on several metrics while the newest data of some metrics is late."""

import re
from itertools import product
from typing import Any

import pytest

from tests.infra.metric_math import Series, compute, is_in_alarm
from tests.infra.observability_alarms import TEMPLATE, alarms

PERIODS = range(30)
COMPUTED = {name: alarm for name, alarm in alarms(["loan-created"]).items() if "Metrics" in alarm}


def expression(alarm: dict[str, Any]) -> str:
    [found] = [part["Expression"] for part in alarm["Metrics"] if part.get("ReturnData", True)]
    return str(found)


def rings(alarm: dict[str, Any], metrics: dict[str, Series], late: dict[str, int]) -> bool:
    """Return whether an alarm is in ALARM while each metric is late by its number of periods."""
    known = {
        name: {period: value for period, value in series.items() if period <= PERIODS[-1] - late[name]}
        for name, series in metrics.items()
    }
    threshold = TEMPLATE["Parameters"][alarm["Threshold"]["Ref"]]["Default"]
    return is_in_alarm(alarm, compute(expression(alarm), known, PERIODS), PERIODS, threshold)


def lateness(names: list[str]) -> list[dict[str, int]]:
    """Return all combinations of each metric being in time or one period late."""
    return [dict(zip(names, some, strict=True)) for some in product((0, 1), repeat=len(names))]


def always(value: float) -> Series:
    return dict.fromkeys(PERIODS, value)


def since(period: int, value: float) -> Series:
    return {one: value if one >= period else 0.0 for one in PERIODS}


LAST = PERIODS[-1]
CASES: list[tuple[str, dict[str, Series], bool, str]] = [
    ("DeadLetters", {"visible": always(3), "hidden": {}}, True, "there are three"),
    ("DeadLetters", {"visible": always(0), "hidden": always(3)}, True, "an operator reads all of them"),
    ("DeadLetters", {"visible": always(1), "hidden": {LAST - 4: 2}}, True, "an operator has read some"),
    ("DeadLetters", {"visible": since(LAST - 1, 1), "hidden": {}}, True, "one came two minutes ago"),
    ("DeadLetters", {"visible": always(0), "hidden": {}}, False, "there are none"),
    ("DeadLetters", {"visible": {one: 3.0 * (one < LAST - 5) for one in PERIODS}},
     False, "they were removed six minutes ago"),
    ("DeadLetters", {"visible": {}, "hidden": {}}, False, "the queue was idle for hours"),
    ("NewDeadLetters", {"visible": since(LAST - 1, 1), "hidden": {}}, True, "one came up to ten minutes ago"),
    ("NewDeadLetters", {"visible": always(3), "hidden": {}}, False, "there are three and no new one"),
    ("NewDeadLetters", {"visible": always(0), "hidden": always(3)}, False, "an operator reads old ones"),
    ("ProcessorStalled", {"visible": always(5), "handled": {}}, True, "none is handled"),
    ("ProcessorStalled", {"visible": always(5), "handled": always(0)}, True, "none is handled, by a metric of zeros"),
    ("ProcessorStalled", {"visible": always(5), "handled": always(9)}, False, "they are handled"),
    ("ProcessorStalled", {"visible": always(0), "handled": {}}, False, "there are none"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "metrics", "rings_in_time", "why"), CASES, ids=[f"{c[0]}-{c[3]}" for c in CASES])
def test_f76_an_alarm_works_when_its_newest_data_point_is_late(
    name: str, metrics: dict[str, Series], rings_in_time: bool, why: str
) -> None:
    """An alarm has the same state with late data as with all data in time."""
    metrics = {"hidden": {}, "handled": {}} | metrics
    metrics = {name_: metrics[name_] for name_ in re.findall(r"\b[a-z]+\b", expression(COMPUTED[name]))}
    for late in lateness(list(metrics)):
        assert rings(COMPUTED[name], metrics, late) is rings_in_time, f"{why}; late by {late}"


def test_every_alarm_with_metric_math_has_cases_of_both_kinds() -> None:
    """Every alarm with metric math has a case in ALARM and one in OK."""
    assert {(name, rings_) for name, _, rings_, _ in CASES} == set(product(COMPUTED, (True, False)))


@pytest.mark.parametrize("name", COMPUTED)
def test_f76_an_alarm_that_fills_missing_data_needs_m_of_n_periods(name: str) -> None:
    """An alarm with FILL needs M of N periods, with M less than N, because FILL reads late data as 0.

    "Using metric math", Amazon CloudWatch User Guide.
    """
    alarm = COMPUTED[name]
    if "FILL" in expression(alarm):
        assert alarm["DatapointsToAlarm"] < alarm["EvaluationPeriods"]


def test_the_simulation_detects_an_alarm_that_misses_late_data() -> None:
    """An alarm that evaluates one period and reads a missing metric as 0 misses dead letters."""
    wrong = {
        **COMPUTED["DeadLetters"],
        "Metrics": [{"Id": "dead_letters", "Expression": "SUM([visible, FILL(hidden, 0)])"}],
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
    }
    metrics = {"visible": always(3), "hidden": dict[int, float]()}
    assert rings(wrong, metrics, {"visible": 0, "hidden": 0})
    assert not rings(wrong, metrics, {"visible": 1, "hidden": 0})
