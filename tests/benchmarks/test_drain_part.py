"""The comparison of the simulation with the emulator: the simulated side, and the log lines."""

from types import SimpleNamespace
from typing import Any

from benchmarks.drain_part import reports, simulated_seconds

LINES = (
    (1_000, "START RequestId: a Version: $LATEST"),
    (1_100, "REPORT RequestId: a\tDuration: 120 ms\tBilled Duration: 121 ms\tMemory Size: 512 MB"),
    (1_200, "REPORT RequestId: b\tDuration: 80.5 ms\tBilled Duration: 81 ms\tMemory Size: 512 MB"),
    (1_300, '{"message": "REPORT of nothing, Duration: 1 ms"}'),
)


def test_a_backlog_takes_its_runs_divided_by_the_concurrency() -> None:
    """A hundred runs of a tenth of a second, five at the same time; one that is sent late ends late."""
    assert round(simulated_seconds([0.0] * 100, [0.1]), 3) == 2.0
    assert round(simulated_seconds([0.0] * 99 + [10.0], [0.1]), 3) == 10.1


def test_the_runs_are_read_from_lambdas_own_lines() -> None:
    """End and duration of each; what a function itself logs does not count."""
    asked: list[dict[str, Any]] = []

    def paginate(**parameters: Any) -> list[dict[str, Any]]:
        asked.append(parameters)
        return [{"events": [{"timestamp": at, "message": text} for at, text in LINES]}]

    aws: Any = SimpleNamespace(logs=SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=paginate)))
    assert reports(aws, "/aws/lambda/invented", 0.5) == [(1.1, 0.12), (1.2, 0.0805)]
    assert asked == [{"logGroupName": "/aws/lambda/invented", "startTime": 500}]
