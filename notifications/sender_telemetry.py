"""Reports each attempt at a notification: one log line, and metrics if the stack has them.

A line has names of topics and integrations, never a text, a destination or a number.
"""

from typing import Any

from aws_lambda_powertools import Logger

from notifications.sender_metrics import SenderMetrics


class SenderTelemetry:
    """Reports attempts; `metrics` is None if the stack has none."""

    def __init__(self, logger: Logger, metrics: SenderMetrics | None) -> None:
        self._logger = logger
        self._metrics = metrics

    def report(self, line: dict[str, Any]) -> None:
        """Report an attempt: the message of the line is `retry` if the notification comes back, else `outcome`."""
        self._logger.info("retry" if line["outcome"] == "retry" else "outcome", extra=line)
        if self._metrics:
            self._metrics.count(line)
