"""Calculates the monthly cost from the prices and amounts that docs/costs.md lists."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from scripts.aws.alarm_tiers import AlarmTier
from scripts.deploy.cost import FixedItems

PAGE: Final = Path(__file__).parents[1] / "docs" / "costs.md"
VOLUMES: Final = (10_000, 100_000, 1_000_000, 10_000_000)

SECONDS: Final = 30 * 86_400
"""Seconds in a month; X-Ray, polling and key requests are calculated from them."""

HEARTBEATS: Final = SECONDS // 300
"""The heartbeats of a month, which are events like all others."""

_GB: Final = 1e9
_MILLION: Final = 1e6
_KEY_SECONDS: Final = 300  # "Key management", Amazon SNS Developer Guide: how long SNS reuses a data key


class Functions(NamedTuple):
    """Settings of the functions in the template: memory in MB, and how long ingest caches secrets, in seconds."""

    ingest: int
    processor: int
    heartbeat: int
    secret_lifetime: int


class Use(NamedTuple):
    """An amount of something in a month, its price in USD, and how much of it is free in an account."""

    amount: float
    price: float
    free: float = 0

    def cost(self, *, has_free_tier: bool) -> float:
        """Return the cost in USD."""
        return max(0.0, self.amount - self.free * has_free_tier) * self.price


class Pipeline(NamedTuple):
    """What the cost of a pipeline follows from: its tier, the numbers on the page, its functions and fixed items."""

    tier: AlarmTier
    of: Mapping[str, float]
    functions: Functions
    fixed: FixedItems

    @property
    def is_full(self) -> bool:
        """Whether the functions send metrics and traces."""
        return self.tier is AlarmTier.full


def listed(page: str) -> dict[str, float]:
    """Return the numbers of the page's first tables by name: prices in USD, amounts, and what is free."""
    rows = re.findall(r"^\| `(\w+)` \| ([\d.,]+) \|", page, re.MULTILINE)
    return {name: float(value.replace(",", "")) for name, value in rows}


def monthly(events: int, pipeline: Pipeline, *, has_free_tier: bool = False) -> dict[str, float]:
    """Return the monthly cost in USD by service, heartbeats included, in the order of the page's tables."""
    used = uses(events + HEARTBEATS, pipeline)
    return {service: sum(use.cost(has_free_tier=has_free_tier) for use in some) for service, some in used.items()}


def uses(events: int, pipeline: Pipeline) -> dict[str, Sequence[Use]]:
    """Return what this many events use, by service."""
    of = pipeline.of
    return {
        **_receiving(events, pipeline),
        **_delivering(events, of),
        **_observing(events, pipeline),
        "KMS": [
            Use(_key_requests(events, pipeline), of["kms_request"] / _MILLION, of["free_kms_requests"]),
            Use(pipeline.fixed.keys, of["kms_key"]),
        ],
        "S3": [Use(events * of["large_bodies"], of["s3_put"] / _MILLION)],
    }


def _receiving(events: int, pipeline: Pipeline) -> dict[str, Sequence[Use]]:
    of = pipeline.of
    return {
        "HTTP API": [Use(events, of["http_api"] / _MILLION)],
        "Lambda": _compute(events, pipeline),
        "SQS": [
            Use(3 * events + of["empty_polls"], of["sqs_request"] / _MILLION, of["free_sqs_requests"]),
            Use(3 * events, of["sqs_grouped_request"] / _MILLION),
        ],
    }


def _delivering(events: int, of: Mapping[str, float]) -> dict[str, Sequence[Use]]:
    deliveries = events * (of["publishes"] + of["executions"])
    stored = deliveries * of["record_bytes"] / _GB * of["months_kept"]
    transitions = events * of["executions"] * of["transitions"]
    return {
        "DynamoDB": [
            Use(deliveries * of["writes"], of["dynamodb_write"] / _MILLION),
            Use(stored, of["dynamodb_gb"]),
        ],
        "SNS": [Use(events * of["publishes"], of["sns_publish"] / _MILLION, of["free_sns_publishes"])],
        "Step Functions": [Use(transitions, of["state_transition"] / _MILLION, of["free_transitions"])],
    }


def _observing(events: int, pipeline: Pipeline) -> dict[str, Sequence[Use]]:
    of, fixed = pipeline.of, pipeline.fixed
    size = events * _line_bytes(pipeline) / _GB
    traces = 2 * _sampled(events) * pipeline.is_full
    return {
        "CloudWatch Logs": [
            Use(size, of["logs_gb"], of["free_logs_gb"]),
            Use(size * of["months_kept"], of["logs_stored_gb"]),
        ],
        "CloudWatch metrics": [Use(fixed.metrics, of["metric"], of["free_metrics"])],
        "CloudWatch alarms and dashboard": [
            Use(fixed.alarm_metrics, of["alarm"], of["free_alarms"]),
            Use(fixed.composite_alarms, of["composite_alarm"]),
            Use(fixed.dashboards, of["dashboard"], of["free_dashboards"]),
        ],
        "X-Ray": [Use(traces, of["trace"] / _MILLION, of["free_traces"])],
    }


def _compute(events: int, pipeline: Pipeline) -> Sequence[Use]:
    of, functions = pipeline.of, pipeline.functions
    gb_seconds = HEARTBEATS * functions.heartbeat / 1024 * of["heartbeat_ms"] / 1000
    for name, memory in (("ingest", functions.ingest), ("processor", functions.processor)):
        milliseconds = of[f"{name}_ms"] + of["cold_starts"] * of[f"{name}_cold_ms"]
        gb_seconds += events * memory / 1024 * milliseconds / 1000
    return [
        Use(2 * events + HEARTBEATS, of["lambda_request"] / _MILLION, of["free_lambda_requests"]),
        Use(gb_seconds, of["lambda_gb_second"], of["free_gb_seconds"]),
    ]


def _line_bytes(pipeline: Pipeline) -> float:
    """Return the bytes that the functions and the gateway log for each event."""
    kind = "log" if pipeline.is_full else "line"
    of = pipeline.of
    lines = of[f"ingest_{kind}_bytes"] + of[f"processor_{kind}_bytes"]
    return lines + 2 * of["platform_log_bytes"] + of["access_log_bytes"]


def _sampled(events: int) -> float:
    """Return how many evenly spread runs X-Ray samples: one per second, and 5 % of the rest."""
    return min(events, SECONDS) + 0.05 * max(0, events - SECONDS)


def _key_requests(events: int, pipeline: Pipeline) -> float:
    of = pipeline.of
    topics = min(2 * events * of["publishes"], of["topics"] * 2 * SECONDS / _KEY_SECONDS)
    return topics + min(events, of["warm_ingests"] * SECONDS / pipeline.functions.secret_lifetime)
