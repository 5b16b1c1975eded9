"""Telemetry of attempts: log lines, metrics and alerts."""

import io
import json
from typing import Any

import pytest

from processor.metrics import OutcomeMetrics
from processor.telemetry import Telemetry
from tests.new_logger import new_logger


class Case:
    """Telemetry over a stream, with the alerts that were raised."""

    def __init__(self, metrics: OutcomeMetrics | None = None) -> None:
        self.alerts: list[dict[str, Any]] = []
        self._stream = io.StringIO()
        self.telemetry = Telemetry(new_logger(self._stream), metrics, self.alerts.append)

    @property
    def messages(self) -> list[str]:
        return [json.loads(line)["message"] for line in self._stream.getvalue().splitlines()]


def line(**more: Any) -> dict[str, Any]:
    return {"receipt_id": "r", "deliveries": [], **more}


@pytest.mark.parametrize(("outcome", "alerts"), [("delivered", 0), ("duplicate", 0), ("ignored", 0), ("dead", 1)])
def test_an_outcome_is_logged_and_counted_and_a_dead_letter_alerts(
    outcome: str, alerts: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """An outcome makes a log line and metrics, and an alert if it needs an operator."""
    case = Case(OutcomeMetrics("dev"))
    case.telemetry.outcome(line(outcome=outcome, failure={"class": "refused"}))
    assert case.messages == ["outcome"]
    assert f'"{outcome.capitalize()}":[1.0]' in capsys.readouterr().out.replace(" ", "")
    assert len(case.alerts) == alerts


def test_without_metrics_an_outcome_is_only_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written to standard output, and the alert is raised as ever."""
    case = Case()
    case.telemetry.outcome(line(outcome="dead", failure={"class": "refused"}))
    assert (case.messages, len(case.alerts), capsys.readouterr().out) == (["outcome"], 1, "")


@pytest.mark.parametrize(("cause_class", "alerts"), [("transient", 0), ("unknown", 1)])
def test_a_retry_is_logged_and_alerts_only_on_unexpected_errors(
    cause_class: str, alerts: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A throttle makes no alert; an unexpected exception does."""
    case = Case()
    case.telemetry.retry(line(failure={"class": cause_class}))
    assert case.messages == ["retry"]
    assert capsys.readouterr().out == ""
    assert len(case.alerts) == alerts
