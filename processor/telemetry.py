"""Reports each attempt at an event: one log line, metrics if the stack has them, and an alert if a person should look.

Of the content of an event, only its codes are reported.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from processor.metrics import OutcomeMetrics

Alert = Callable[[dict[str, Any]], None]


class Telemetry:
    """Reports attempts; `alert` is called with the log lines of dead letters and of unknown failures."""

    def __init__(self, logger: Logger, metrics: OutcomeMetrics | None, alert: Alert) -> None:
        self._logger = logger
        self._metrics = metrics
        self._alert = alert

    def outcome(self, line: dict[str, Any]) -> None:
        """Report the final outcome of an event."""
        self._logger.info("outcome", extra=line)
        if self._metrics:
            self._metrics.count(line)
        if line["outcome"] == "dead":
            self._alert(line)

    def retry(self, line: dict[str, Any]) -> None:
        """Report a failed attempt that will be retried."""
        self._logger.info("retry", extra=line)
        if line["failure"]["class"] == "unknown":
            self._alert(line)
