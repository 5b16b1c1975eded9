"""The processor's metrics: what became of events, by event and by route, as lines on standard output. Calls no AWS.

"Embedded metric format specification", Amazon CloudWatch User Guide. Each value of a dimension is a metric that is paid
for, so all come from closed lists: Alma's events, the routes' names.
"""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "AlmaWebhooks"  # ingest's too

# "Webhooks", Ex Libris Developer Network; an action that has no events stands for itself.
EVENTS = frozenset(
    {
        *("LOAN_CREATED", "LOAN_RENEWED", "LOAN_DUE_DATE", "LOAN_RETURNED", "LOAN_LOST", "LOAN_CLAIMED_RETURNED"),
        *("REQUEST_CREATED", "REQUEST_CANCELED", "REQUEST_CLOSED", "REQUEST_PLACED_ON_SHELF"),
        *("USER_CREATED", "USER_UPDATED", "USER_DELETED"),
        *("BIB_CREATED", "BIB_UPDATED", "BIB_DELETED"),
        *("ITEM_CREATED", "ITEM_UPDATED", "ITEM_DELETED"),
        *("JOB_END", "NOTIFICATION"),
        "HEARTBEAT",  # our own, of the observability stack
    }
)
OTHER_EVENT = "other"
NO_EVENT = "none"  # the body could not be read


class OutcomeMetrics:
    """Counts a stage's events by outcome (`Delivered`, `Duplicate`, `Ignored`, `Dead`), and what is odd about them.

    By event it is events that are counted, by route deliveries.
    """

    def __init__(self, stage: str) -> None:
        self._stage = stage

    def count(self, line: Mapping[str, Any]) -> None:
        """Counts one event by the line that the log has of its outcome."""
        deliveries = line["deliveries"]
        oddities = {oddity for delivery in deliveries for oddity in _oddities(delivery)}
        metrics = self._counting({str(line["outcome"]).title(), *oddities})
        metrics.add_dimensions(Stage=self._stage, Event=_event(line))  # beside the stage alone
        metrics.flush_metrics()
        for delivery in deliveries:
            metrics = self._counting({delivery.get("outcome", "dead").title(), *_oddities(delivery)})
            metrics.add_dimension("Route", delivery["route"])
            metrics.flush_metrics()

    def _counting(self, names: set[str]) -> EphemeralMetrics:
        metrics = EphemeralMetrics(namespace=NAMESPACE, service="")  # no dimension `service`: the stage says it
        metrics.add_dimension("Stage", self._stage)
        for name in sorted(names):
            metrics.add_metric(name, MetricUnit.Count, 1)
        return metrics


def _oddities(delivery: Mapping[str, Any]) -> set[str]:
    too_large = {"TooLarge"} if delivery.get("failure", {}).get("class") == "too-large" else set()
    return too_large | ({"BodyDiffers"} if delivery.get("body_differs") else set())


def _event(line: Mapping[str, Any]) -> str:
    """The event in the closed list; the action where an event has none."""
    if "action" not in line:
        return NO_EVENT
    name = line["event"] or line["action"]
    return name if name in EVENTS else OTHER_EVENT
