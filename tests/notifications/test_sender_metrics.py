"""The sender's metrics: one for each attempt that says something about a service, by stage only."""

import json
from typing import Any

import pytest

from notifications.sender_metrics import SenderMetrics
from processor.metrics import NAMESPACE


def failed(outcome: str, cause_class: str, **more: Any) -> dict[str, Any]:
    return {"outcome": outcome, "failure": {"class": cause_class}, **more}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ({"outcome": "accepted", "topic": "library+jobs", "integration": "team", "type": "slack"}, "Accepted"),
        ({"outcome": "summarized"}, "Summarized"),
        (failed("retry", "transient", throttled=True), "Throttled"),
        (failed("dead", "transient", throttled=True), "Throttled"),
        (failed("retry", "unknown"), "Unknown"),
        (failed("dead", "unknown"), "Unknown"),
        (failed("dead", "refused"), "Refused"),
        (failed("dead", "no-target"), "Refused"),
        (failed("dead", "envelope"), "Refused"),
    ],
)
def test_an_attempt_is_counted_by_stage(line: dict[str, Any], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Names of topics and integrations are no dimensions, because each value costs money."""
    SenderMetrics("prod").count(line)
    counted = json.loads(capsys.readouterr().out)
    [directive] = counted["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert directive["Dimensions"] == [["Stage"]]
    assert [metric["Name"] for metric in directive["Metrics"]] == [f"Notifications{name}"]
    assert (counted[f"Notifications{name}"], counted["Stage"]) == ([1.0], "prod")


@pytest.mark.parametrize(
    "line",
    [{"outcome": "duplicate"}, failed("retry", "transient"), failed("dead", "transient"), failed("retry", "envelope")],
)
def test_other_attempts_are_not_counted(line: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """The queue and the dead-letter queue have metrics of their own."""
    SenderMetrics("prod").count(line)
    assert capsys.readouterr().out == ""
