"""The processor's metrics: outcomes by event and by route, as lines on standard output. Calls no AWS API.

"Embedded metric format specification", Amazon CloudWatch User Guide. Each value of a dimension is a metric that costs
money, so all values come from closed lists: Alma's events and the names of routes.
"""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "AlmaWebhooks"  # ingest's too

# "Webhooks", Ex Libris Developer Network; an action without events counts as its own event.
EVENTS = frozenset(
    {
        *("LOAN_CREATED", "LOAN_RENEWED", "LOAN_DUE_DATE", "LOAN_RETURNED", "LOAN_LOST", "LOAN_CLAIMED_RETURNED"),
        *("REQUEST_CREATED", "REQUEST_CANCELED", "REQUEST_CLOSED", "REQUEST_PLACED_ON_SHELF"),
        *("USER_CREATED", "USER_UPDATED", "USER_DELETED"),
        *("BIB_CREATED", "BIB_UPDATED", "BIB_DELETED"),
        *("ITEM_CREATED", "ITEM_UPDATED", "ITEM_DELETED"),
        *("JOB_END", "NOTIFICATION"),
        "HEARTBEAT",  # sent by the observability stack
    }
)
OTHER_EVENT = "other"
NO_EVENT = "none"  # the body could not be read


class OutcomeMetrics:
    """Counts a stage's events by outcome (`Delivered`, `Duplicate`, `Ignored`, `Dead`), `TooLarge` and `BodyDiffers`.

    The dimension Event counts events; the dimension Route counts deliveries.
    """

    def __init__(self, stage: str) -> None:
        self._stage = stage

    def count(self, line: Mapping[str, Any]) -> None:
        """Count one event, given the log line of its outcome."""
        deliveries = line["deliveries"]
        oddities = {oddity for delivery in deliveries for oddity in _oddities(delivery)}
        metrics = self._counting({str(line["outcome"]).title(), *oddities})
        metrics.add_dimensions(Stage=self._stage, Event=_event(line))  # in addition to the stage alone
        metrics.flush_metrics()
        for delivery in deliveries:
            metrics = self._counting({delivery.get("outcome", "dead").title(), *_oddities(delivery)})
            metrics.add_dimension("Route", delivery["route"])
            metrics.flush_metrics()

    def _counting(self, names: set[str]) -> EphemeralMetrics:
        metrics = EphemeralMetrics(namespace=NAMESPACE, service="")  # no dimension `service`: the stage is enough
        metrics.add_dimension("Stage", self._stage)
        for name in sorted(names):
            metrics.add_metric(name, MetricUnit.Count, 1)
        return metrics


def _oddities(delivery: Mapping[str, Any]) -> set[str]:
    too_large = {"TooLarge"} if delivery.get("failure", {}).get("class") == "too-large" else set()
    return too_large | ({"BodyDiffers"} if delivery.get("body_differs") else set())


def _event(line: Mapping[str, Any]) -> str:
    """Return the event, or the action if there is no event, if it is in the closed list."""
    if "action" not in line:
        return NO_EVENT
    name = line["event"] or line["action"]
    return name if name in EVENTS else OTHER_EVENT
