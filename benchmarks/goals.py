"""The goals of the benchmark, compared with a report. A missed goal is not a failure."""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final, NamedTuple

from benchmarks.bench_events import BODY_SIZES
from benchmarks.emulator_pair import FORWARDING, RUN
from benchmarks.processor_part import PROCESSOR, SAME_CLIENTS
from benchmarks.rows import BARE, BOTO3, FLOOR, INGEST
from benchmarks.share_part import ALL, BUDGET_MS

BenchReport = Mapping[str, Any]


class Goal(NamedTuple):
    """A figure that should be at most `limit`; `value` reads it from a report, and raises KeyError if it is missing."""

    figure: str
    limit: float
    value: Callable[[BenchReport], Any]


def judged(report: BenchReport) -> list[dict[str, Any]]:
    """Return each goal whose part was measured, with the measured value, as JSON values."""
    found = []
    for goal in GOALS:
        try:
            value = float(goal.value(report))
        except (KeyError, ValueError):
            continue
        found.append({"figure": goal.figure, "at_most": goal.limit, "value": value, "is_met": value <= goal.limit})
    return found


def _median(*path: str) -> Callable[[BenchReport], Any]:
    """Return a function that reads the median at a path of a report."""
    return lambda report: reduce(lambda part, name: part[name], (*path, "median"), report)


def _calls(kind: str) -> Callable[[BenchReport], Any]:
    return lambda report: sum(report["processor"]["messages"][kind]["calls"].values())


def _most_of_one_call(report: BenchReport) -> Any:
    return max(max(figures["calls"].values(), default=0.0) for figures in report["processor"]["messages"].values())


def _smallest_lambda(report: BenchReport) -> Any:
    [row] = [row for row in _ours(report) if row["megabytes"] == 128 and row["init"] == ALL]
    return row["total_ms"]["median"] / 1000


def _slowest(report: BenchReport) -> Any:
    return max(row["slowest_ms"] for row in _ours(report)) / 1000


def _slowest_page(report: BenchReport) -> Any:
    """Its upper quartile: one slow answer of many is mostly the computer's."""
    part = report["console"]
    return max(page["high"] for page in (*part["pages_ms"].values(), part["while_reading_ms"]))


def _memory_growth(report: BenchReport) -> Any:
    """The first snapshots also load modules and grow pools."""
    _, second, *_, last = report["console"]["rss_mb"]
    return last / second


def _simulation_error(report: BenchReport) -> Any:
    return max(abs(ratio["median"] - 1) for ratio in report["drain"]["ratios"].values())


def _most_of_transform(figure: str) -> Callable[[BenchReport], Any]:
    return lambda report: max(row[figure] for row in report["transform"]["rows"])


def _slowness(report: BenchReport) -> Any:
    return 1 / report["throughput"]["shares"][FORWARDING]["median"]


def _throughput_growth(*figures: str) -> Callable[[BenchReport], Any]:
    """Return a function that compares the sum of figures of `run` after the last event with that after a tenth."""

    def grown(report: BenchReport) -> Any:
        *_, before, last = report["throughput"]["decades"][RUN]
        return sum(last[figure] for figure in figures) / sum(before[figure] for figure in figures)

    return grown


def _memory_of_a_dead_letter(report: BenchReport) -> Any:
    """The most that a command needs for each further one, in KB."""
    *_, (before, few), (after, many) = report["operators"]["commands"].items()
    further = (int(after) - int(before)) / 1024
    return max((many[command]["peak_mb"] - few[command]["peak_mb"]) / further for command in many)


def _ours(report: BenchReport) -> list[dict[str, Any]]:
    return [row for row in report["shares"]["rows"] if row["row"] == INGEST]


GOALS: Final = (
    Goal("ingest cold ÷ bare interpreter", 2.9, _median("ingest", "cold_ratios", "cold_ms", INGEST, BARE)),
    *(
        Goal(
            f"ingest warm CPU ÷ work floor, {size}",
            1.15,
            _median("ingest", "warm_ratios", f"{size} cpu", INGEST, FLOOR),
        )
        for size in BODY_SIZES
    ),
    Goal("ingest RSS ÷ idiomatic boto3", 0.37, _median("ingest", "cold_ratios", "rss_mb", INGEST, BOTO3)),
    Goal("ingest cold at 128 MB, everything throttled, s", 0.8, _smallest_lambda),
    Goal("ingest cold at its slowest, s", BUDGET_MS / 1000, _slowest),
    Goal("SDK calls, one event to a topic", 3, _calls("topic")),
    Goal("SDK calls, one event to a state machine", 3, _calls("state machine")),
    Goal("the same SDK call, for one event to one target", 1, _most_of_one_call),
    Goal(
        "processor cold ÷ boto3 with the same clients",
        1.3,
        _median("processor", "cold_ratios", "cold_ms", PROCESSOR, SAME_CLIENTS),
    ),
    *(
        Goal(f"processor CPU ÷ the version before, {kind}", limit, _median("processor", "cpu_ratios", kind))
        for kind, limit in (("topic", 0.7), ("topic, 200 KB", 0.35))
    ),
    Goal("slowest page of the console, upper quartile, ms", 300, _slowest_page),
    Goal("console, memory after the last snapshot ÷ after the second", 1.1, _memory_growth),
    Goal("an export checked and transformed, CPU ÷ pymarc alone", 2.0, _most_of_transform("ratio")),
    Goal("an export, MB above those after its first records", 16, _most_of_transform("added_mb")),
    Goal("events per second of the forwarding pair ÷ of run", 1.25, _slowness),
    Goal("CPU of an event through run, the last 90 % ÷ those before", 1.1, _throughput_growth("own_cpu_ms")),
    Goal("memory of the functions and run, at the end ÷ a tenth", 1.1, _throughput_growth("functions_mb", "run_mb")),
    Goal("memory of an operator's command for each dead letter, KB", 4, _memory_of_a_dead_letter),
    Goal("the drain of a soak test, simulated ÷ measured, how far from 1", 0.15, _simulation_error),
)
"""The goals in the order of output."""
