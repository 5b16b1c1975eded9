"""The sender's metrics, as lines on standard output. The stage is their only dimension, because each value costs money.

"Embedded metric format specification", Amazon CloudWatch User Guide. Calls no AWS API.
"""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from processor.metrics import NAMESPACE

# Causes of dead letters that nothing refused: the notification was retried until the end.
_RETRIED = frozenset({"transient", "unknown"})


class SenderMetrics:
    """Counts attempts: accepted, refused, unknown, throttled; and events that were counted in a summary."""

    def __init__(self, stage: str) -> None:
        self._stage = stage

    def count(self, line: Mapping[str, Any]) -> None:
        """Count one attempt, given its log line."""
        if name := _name_of(line):
            metrics = EphemeralMetrics(namespace=NAMESPACE, service="")  # no dimension `service`: the stage is enough
            metrics.add_dimension("Stage", self._stage)
            metrics.add_metric(name, MetricUnit.Count, 1)
            metrics.flush_metrics()


def _name_of(line: Mapping[str, Any]) -> str | None:
    if line["outcome"] == "accepted":
        return "NotificationsAccepted"
    if line["outcome"] == "summarized":
        return "NotificationsSummarized"
    if line.get("throttled"):
        return "NotificationsThrottled"
    cause_class = line.get("failure", {}).get("class")
    if cause_class == "unknown":
        return "NotificationsUnknown"
    is_refused = line["outcome"] == "dead" and cause_class not in _RETRIED
    return "NotificationsRefused" if is_refused else None
