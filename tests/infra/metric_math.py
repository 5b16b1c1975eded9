"""Simulates the metric math and alarm states of CloudWatch that the alarms of the template use.

"Using metric math" and "Configuring how CloudWatch alarms treat missing data", Amazon CloudWatch User Guide. A series
has a value for each period with data. FILL returns a value for every period of the range including the newest, even if
its data is only late; SUM ignores missing values; operators need both operands.
"""

import ast
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

Series = dict[int, float]

_MORE_PERIODS: Final = 5
"""An alarm reads more periods than it evaluates, so that older data can replace late data."""

_OPERATORS: Final[Mapping[type, Callable[[float, float], float]]] = {
    ast.Add: lambda one, other: one + other,
    ast.Sub: lambda one, other: one - other,
    ast.Mult: lambda one, other: one * other,
    ast.Eq: lambda one, other: float(one == other),
}


def compute(expression: str, metrics: Mapping[str, Series], periods: range) -> Series:
    """Return the values of an expression over these periods. Raise ValueError for unsupported syntax."""
    found = _value(ast.parse(expression, mode="eval").body, metrics, periods)
    return found if isinstance(found, dict) else dict.fromkeys(periods, found)


def is_in_alarm(alarm: Mapping[str, Any], series: Series, periods: range, threshold: float) -> bool:
    """Return whether enough of the evaluated periods are over the threshold.

    If some periods are missing, the newest periods with data are evaluated.
    """
    evaluated = alarm["EvaluationPeriods"]
    oldest = periods[-1] - evaluated - _MORE_PERIODS
    newest = [series[one] for one in reversed(periods) if one in series and one > oldest]
    missing = [alarm["TreatMissingData"] == "breaching"] * evaluated
    breaching = [*(value > threshold for value in newest), *missing][:evaluated]
    return bool(sum(breaching) >= alarm.get("DatapointsToAlarm", evaluated))


def _value(node: ast.expr, metrics: Mapping[str, Series], periods: range) -> Series | float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return metrics[name]
        case (
            ast.BinOp(left=left, op=operator, right=right) | ast.Compare(left=left, ops=[operator], comparators=[right])
        ):
            sides = _value(left, metrics, periods), _value(right, metrics, periods)
            return _combined(_OPERATORS[type(operator)], *sides, periods)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _called(name, arguments, metrics, periods)
    raise ValueError(ast.dump(node))


def _combined(
    operator: Callable[[float, float], float], one: Series | float, other: Series | float, periods: range
) -> Series:
    sides = [side if isinstance(side, dict) else dict.fromkeys(periods, side) for side in (one, other)]
    return {
        period: operator(*(side[period] for side in sides))
        for period in periods
        if all(period in side for side in sides)
    }


def _called(name: str, arguments: list[ast.expr], metrics: Mapping[str, Series], periods: range) -> Series:
    nodes = arguments[0].elts if isinstance(arguments[0], ast.List) else arguments
    values = [_value(one, metrics, periods) for one in nodes]
    series = [one if isinstance(one, dict) else dict.fromkeys(periods, one) for one in values]
    match name:
        case "FILL":
            return {period: series[0].get(period, series[1][period]) for period in periods}
        case "SUM":
            some = [period for period in periods if any(period in one for one in series)]
            return {period: sum(one[period] for one in series if period in one) for period in some}
        case "IF":
            return {
                period: series[1 if series[0][period] else 2][period]
                for period in periods
                if period in series[0] and period in series[1 if series[0][period] else 2]
            }
        case "DIFF":
            known = [period for period in periods if period in series[0]]
            return {after: series[0][after] - series[0][before] for before, after in pairwise(known)}
    raise ValueError(name)
