"""Calculates the monthly cost from the prices and amounts that docs/costs.md lists."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

PAGE: Final = Path(__file__).parents[1] / "docs" / "costs.md"
VOLUMES: Final = (10_000, 100_000, 1_000_000, 10_000_000)

SECONDS: Final = 30 * 86_400
"""Seconds in a month; X-Ray, polling and key requests are calculated from them."""

_GB: Final = 1e9
_MILLION: Final = 1e6
_KEY_SECONDS: Final = 300  # "Key management", Amazon SNS Developer Guide: how long SNS reuses a data key


class Functions(NamedTuple):
    """Settings of the functions in the template: memory in MB, and how long ingest caches secrets, in seconds."""

    ingest: int
    processor: int
    secret_lifetime: int


def listed(page: str) -> dict[str, float]:
    """Return the numbers of the page's first two tables by name: prices in USD, and amounts."""
    rows = re.findall(r"^\| `(\w+)` \| ([\d.,]+) \|", page, re.MULTILINE)
    return {name: float(value.replace(",", "")) for name, value in rows}


def monthly(events: int, of: Mapping[str, float], functions: Functions) -> dict[str, float]:
    """Return the monthly cost in USD by service, without free tiers, in the order of the page's last table."""
    return {
        "HTTP API": events * of["http_api"] / _MILLION,
        "Lambda": _compute(events, of, functions),
        "SQS": (3 * events + of["empty_polls"]) * of["sqs_request"] / _MILLION,
        "DynamoDB": _records(events, of),
        "SNS": events * of["publishes"] * of["sns_publish"] / _MILLION,
        "Step Functions": events * of["executions"] * of["transitions"] * of["state_transition"] / _MILLION,
        "CloudWatch Logs": _logs(events, of),
        "CloudWatch metrics": (of["metrics"] + of["api_metrics"]) * of["metric"],
        "X-Ray": 2 * _sampled(events) * of["trace"] / _MILLION,
        "KMS": _keys(events, of, functions) * of["kms_request"] / _MILLION,
        "S3": events * of["large_bodies"] * of["s3_put"] / _MILLION,
    }


def watching(of: Mapping[str, float]) -> float:
    """Return the monthly cost of the observability stack in USD, which does not depend on the volume."""
    alarms = of["alarm_metrics"] * of["alarm"] + of["composite_alarm"]
    return alarms + of["dashboard"] + of["kms_key"] + of["filter_metrics"] * of["metric"]


def _compute(events: int, of: Mapping[str, float], functions: Functions) -> float:
    memory = {"ingest": functions.ingest, "processor": functions.processor}
    seconds = {name: of[f"{name}_ms"] + of["cold_starts"] * of[f"{name}_cold_ms"] for name in memory}
    each = sum(memory[name] / 1024 * seconds[name] / 1000 for name in memory) * of["lambda_gb_second"]
    return events * (2 * of["lambda_request"] / _MILLION + each)


def _records(events: int, of: Mapping[str, float]) -> float:
    deliveries = events * (of["publishes"] + of["executions"])
    stored = deliveries * of["record_bytes"] / _GB * of["months_kept"]
    return deliveries * of["writes"] * of["dynamodb_write"] / _MILLION + stored * of["dynamodb_gb"]


def _logs(events: int, of: Mapping[str, float]) -> float:
    lines = of["ingest_log_bytes"] + of["processor_log_bytes"] + 2 * of["platform_log_bytes"] + of["access_log_bytes"]
    size = events * lines / _GB
    return size * of["logs_gb"] + size * of["months_kept"] * of["logs_stored_gb"]


def _sampled(events: int) -> float:
    """Return how many evenly spread runs X-Ray samples: one per second, and 5 % of the rest."""
    return min(events, SECONDS) + 0.05 * max(0, events - SECONDS)


def _keys(events: int, of: Mapping[str, float], functions: Functions) -> float:
    topics = min(2 * events * of["publishes"], of["topics"] * 2 * SECONDS / _KEY_SECONDS)
    return topics + min(events, of["warm_ingests"] * SECONDS / functions.secret_lifetime)
