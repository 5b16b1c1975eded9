"""Alarms on several metrics while the newest data is late: a metric's last period can come before another's."""

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
    """Whether it is in ALARM at a moment when the newest periods of some metrics are late, so many of each."""
    known = {
        name: {period: value for period, value in series.items() if period <= PERIODS[-1] - late[name]}
        for name, series in metrics.items()
    }
    threshold = TEMPLATE["Parameters"][alarm["Threshold"]["Ref"]]["Default"]
    return is_in_alarm(alarm, compute(expression(alarm), known, PERIODS), PERIODS, threshold)


def lateness(names: list[str]) -> list[dict[str, int]]:
    """Each metric in time or a period late."""
    return [dict(zip(names, some, strict=True)) for some in product((0, 1), repeat=len(names))]


def always(value: float) -> Series:
    return dict.fromkeys(PERIODS, value)


def since(period: int, value: float) -> Series:
    return {one: value if one >= period else 0.0 for one in PERIODS}


LAST = PERIODS[-1]
CASES: list[tuple[str, dict[str, Series], bool, str]] = [
    ("DeadLetters", {"visible": always(3), "hidden": {}}, True, "three lie there"),
    ("DeadLetters", {"visible": always(0), "hidden": always(3)}, True, "an operator looks at all of them"),
    ("DeadLetters", {"visible": always(1), "hidden": {LAST - 4: 2}}, True, "an operator has looked at some"),
    ("DeadLetters", {"visible": since(LAST - 1, 1), "hidden": {}}, True, "one came two minutes ago"),
    ("DeadLetters", {"visible": always(0), "hidden": {}}, False, "there is none"),
    ("DeadLetters", {"visible": {one: 3.0 * (one < LAST - 5) for one in PERIODS}},
     False, "they were taken away six minutes ago"),
    ("DeadLetters", {"visible": {}, "hidden": {}}, False, "the queue was idle for hours"),
    ("NewDeadLetters", {"visible": since(LAST - 1, 1), "hidden": {}}, True, "one came up to ten minutes ago"),
    ("NewDeadLetters", {"visible": always(3), "hidden": {}}, False, "three lie there and no new one came"),
    ("NewDeadLetters", {"visible": always(0), "hidden": always(3)}, False, "an operator looks at old ones"),
    ("ProcessorStalled", {"visible": always(5), "handled": {}}, True, "none is handled"),
    ("ProcessorStalled", {"visible": always(5), "handled": always(0)}, True, "none is handled, by a metric of zeros"),
    ("ProcessorStalled", {"visible": always(5), "handled": always(9)}, False, "they are handled"),
    ("ProcessorStalled", {"visible": always(0), "handled": {}}, False, "there is none"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "metrics", "rings_in_time", "why"), CASES, ids=[f"{c[0]}-{c[3]}" for c in CASES])
def test_f76_an_alarm_works_when_its_newest_data_point_is_late(
    name: str, metrics: dict[str, Series], rings_in_time: bool, why: str
) -> None:
    """It is in the state that it would be in with all data in time, whichever of its metrics are a period late."""
    metrics = {"hidden": {}, "handled": {}} | metrics
    metrics = {name_: metrics[name_] for name_ in re.findall(r"\b[a-z]+\b", expression(COMPUTED[name]))}
    for late in lateness(list(metrics)):
        assert rings(COMPUTED[name], metrics, late) is rings_in_time, f"{why}; late by {late}"


def test_every_alarm_that_computes_has_cases_of_both_kinds() -> None:
    """One that rings and one that does not."""
    assert {(name, rings_) for name, _, rings_, _ in CASES} == set(product(COMPUTED, (True, False)))


@pytest.mark.parametrize("name", COMPUTED)
def test_f76_no_single_period_decides_where_missing_data_is_filled(name: str) -> None:
    """FILL takes a period whose data is late for 0, so the alarm needs M of N periods, and M is less than N.

    "Using metric math", Amazon CloudWatch User Guide.
    """
    alarm = COMPUTED[name]
    if "FILL" in expression(alarm):
        assert alarm["DatapointsToAlarm"] < alarm["EvaluationPeriods"]


def test_the_simulation_sees_the_fault() -> None:
    """An alarm that one period decides, and that takes a metric that is missing for 0, misses dead letters."""
    wrong = {
        **COMPUTED["DeadLetters"],
        "Metrics": [{"Id": "dead_letters", "Expression": "SUM([visible, FILL(hidden, 0)])"}],
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
    }
    metrics = {"visible": always(3), "hidden": dict[int, float]()}
    assert rings(wrong, metrics, {"visible": 0, "hidden": 0})
    assert not rings(wrong, metrics, {"visible": 1, "hidden": 0})
