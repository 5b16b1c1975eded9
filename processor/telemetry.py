"""What is told of each attempt at an event: one line in the log, metrics, and an alert where somebody should look.

Decides nothing, and says nothing of an event's content but its codes.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from processor.metrics import OutcomeMetrics

Alert = Callable[[dict[str, Any]], None]


class Telemetry:
    """Tells of attempts; `alert` takes the lines of dead letters and of faults of our own."""

    def __init__(self, logger: Logger, metrics: OutcomeMetrics, alert: Alert) -> None:
        self._logger = logger
        self._metrics = metrics
        self._alert = alert

    def outcome(self, line: dict[str, Any]) -> None:
        """The one line with which an event ends."""
        self._logger.info("outcome", extra=line)
        self._metrics.count(line)
        if line["outcome"] == "dead":
            self._alert(line)

    def retry(self, line: dict[str, Any]) -> None:
        """An attempt that failed and will be made again."""
        self._logger.info("retry", extra=line)
        if line["failure"]["class"] == "unknown":
            self._alert(line)
