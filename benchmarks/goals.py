"""The goals of the benchmark, compared with a report. A missed goal is not a failure."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from benchmarks.processor_part import BOTO3_AND_JSON, PROCESSOR
from benchmarks.rows import BARE, BOTO3, INGEST, RAW
from benchmarks.share_part import ALL, BUDGET_MS

BenchReport = Mapping[str, Any]


class Goal(NamedTuple):
    """A figure that should be at most `limit`; `value` reads it from a report, and raises KeyError if it is missing."""

    figure: str
    limit: float
    value: Callable[[BenchReport], float]


def judged(report: BenchReport) -> list[dict[str, Any]]:
    """Return each goal whose part was measured, with the measured value, as JSON values."""
    found = []
    for goal in GOALS:
        try:
            value = goal.value(report)
        except (KeyError, ValueError):
            continue
        found.append({"figure": goal.figure, "at_most": goal.limit, "value": value, "is_met": value <= goal.limit})
    return found


def _cold(figure: str, other: str) -> Callable[[BenchReport], float]:
    return lambda report: float(report["ingest"]["cold_ratios"][figure][INGEST][other]["median"])


def _warm(size: str) -> Callable[[BenchReport], float]:
    return lambda report: float(report["ingest"]["warm_ratios"][f"{size} cpu"][INGEST][RAW]["median"])


def _calls(kind: str) -> Callable[[BenchReport], float]:
    return lambda report: float(sum(report["processor"]["messages"][kind]["calls"].values()))


def _most_of_one_call(report: BenchReport) -> float:
    messages = report["processor"]["messages"].values()
    return float(max(max(figures["calls"].values(), default=0.0) for figures in messages))


def _smallest_lambda(report: BenchReport) -> float:
    [row] = [row for row in _ours(report) if row["megabytes"] == 128 and row["init"] == ALL]
    return float(row["total_ms"]["median"] / 1000)


def _slowest(report: BenchReport) -> float:
    return float(max(row["slowest_ms"] for row in _ours(report)) / 1000)


def _ours(report: BenchReport) -> list[dict[str, Any]]:
    return [row for row in report["shares"]["rows"] if row["row"] == INGEST]


GOALS: Final = (
    Goal("ingest cold ÷ bare interpreter", 3.0, _cold("cold_ms", BARE)),
    Goal("ingest cold ÷ raw TLS POST", 0.9, _cold("cold_ms", RAW)),
    Goal("ingest cold ÷ idiomatic boto3", 0.125, _cold("cold_ms", BOTO3)),
    Goal("ingest warm CPU ÷ raw TLS POST, 1 KB", 0.7, _warm("1 KB")),
    Goal("ingest warm CPU ÷ raw TLS POST, 10 KB", 0.8, _warm("10 KB")),
    Goal("ingest warm CPU ÷ raw TLS POST, 200 KB", 2.0, _warm("200 KB")),
    Goal("ingest RSS ÷ idiomatic boto3", 0.40, _cold("rss_mb", BOTO3)),
    Goal("ingest cold at 128 MB, everything throttled, s", 1.2, _smallest_lambda),
    Goal("ingest cold at its slowest, s", BUDGET_MS / 1000, _slowest),
    Goal("SDK calls, one event to a topic", 3, _calls("topic")),
    Goal("SDK calls, one event to a state machine", 3, _calls("state machine")),
    Goal("the same SDK call, for one event to one target", 1, _most_of_one_call),
    Goal(
        "processor cold ÷ boto3 + json",
        1.5,
        lambda report: float(report["processor"]["cold_ratios"]["cold_ms"][PROCESSOR][BOTO3_AND_JSON]["median"]),
    ),
)
"""The goals in the order of output."""
