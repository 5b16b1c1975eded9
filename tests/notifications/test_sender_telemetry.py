"""Reports of attempts: a log line, and metrics if the stack has them."""

import io
import json

import pytest

from notifications.sender_metrics import SenderMetrics
from notifications.sender_telemetry import SenderTelemetry
from tests.new_logger import new_logger


@pytest.mark.parametrize("has_metrics", [True, False])
@pytest.mark.parametrize(("outcome", "message"), [("accepted", "outcome"), ("dead", "outcome"), ("retry", "retry")])
def test_an_attempt_is_logged_and_counted(
    outcome: str, message: str, has_metrics: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stack without the alarms for them writes no metrics."""
    stream = io.StringIO()
    telemetry = SenderTelemetry(new_logger(stream), SenderMetrics("dev") if has_metrics else None)
    telemetry.report({"outcome": outcome, "failure": {"class": "refused"}})
    line = json.loads(stream.getvalue())
    assert (line["message"], line["outcome"]) == (message, outcome)
    assert bool(capsys.readouterr().out) is (has_metrics and outcome != "retry")
