"""The output of a function: log lines, and lines of the embedded metric format in CloudWatch's terms."""

import json
from collections.abc import Iterable
from typing import Any


def by_event(lines: Iterable[str]) -> list[list[Any]]:
    """Return the output of a function by request or message: one log line, followed by its metrics."""
    blocks: list[list[Any]] = []
    for line in map(json.loads, lines):
        if "_aws" in line:
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def described(line: dict[str, Any]) -> dict[str, Any]:
    """Return the metrics that CloudWatch reads from a line. Raise KeyError if the line lacks a member that it names."""
    [directive] = line["_aws"]["CloudWatchMetrics"]
    names = dict.fromkeys(name for dimensions in directive["Dimensions"] for name in dimensions)
    metrics = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    others = set(line) - set(names) - set(metrics) - {"_aws"}
    return {
        "namespace": directive["Namespace"],
        "dimensions": [", ".join(dimensions) for dimensions in directive["Dimensions"]],
        "values": {name: line[name] for name in names},
        "metrics": {name: f"{unit}, {line[name]}" for name, unit in metrics.items()},
        **({"other members": sorted(others)} if others else {}),
    }
