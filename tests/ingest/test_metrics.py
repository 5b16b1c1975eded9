"""The metrics of ingest: lines in the embedded metric format, with a fixed list of dimensions."""

import io
import json
from typing import get_args

import pytest

from ingest.literals import RejectionReason
from ingest.metrics import NO_PROFILE, Metrics
from tests.ingest.clocks import FakeClock


def test_an_accepted_event_is_counted_by_profile_and_by_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """One line of the embedded metric format has every dimension and the metric as members."""
    facts = {"message": "accepted", "profile": "alma", "secret": "previous", "receipt_id": "r", "bytes": 3}
    Metrics("prod", FakeClock(1_780_000_000.0078)).count(facts)
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": 1_780_000_000_007,
            "CloudWatchMetrics": [
                {
                    "Namespace": "AlmaWebhooks",
                    "Dimensions": [["Stage", "Profile"], ["Stage", "Profile", "Secret"]],
                    "Metrics": [{"Name": "Accepted", "Unit": "Count"}],
                }
            ],
        },
        "Stage": "prod",
        "Profile": "alma",
        "Secret": "previous",
        "Accepted": 1,
    }


def test_f02_a_rejected_request_is_counted_by_profile_and_by_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """A request with an unknown path is counted under a name that no profile can have."""
    metrics = Metrics("prod")
    metrics.count({"message": "rejected", "profile": "alma", "reason": "queue", "detail": "TimeoutError"})
    metrics.count({"message": "rejected", "profile": "", "reason": "unknown-path"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["Profile"], line["Reason"], line["Rejected"]) for line in lines] == [
        ("alma", "queue", 1),
        (NO_PROFILE, "unknown-path", 1),
    ]
    [directive] = lines[0]["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Stage", "Profile"], ["Stage", "Profile", "Reason"]]
    assert directive["Metrics"] == [{"Name": "Rejected", "Unit": "Count"}]


def test_a_line_is_written_immediately(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda may freeze the function after its answer, and end it without thawing it."""
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written))
    Metrics("prod").count({"profile": "alma", "secret": "current"})
    assert json.loads(written.getvalue())["Accepted"] == 1


def test_an_answered_challenge_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """An answered challenge is not an event."""
    Metrics("prod").count({"message": "challenge", "profile": "alma", "secret": "", "receipt_id": None})
    assert capsys.readouterr().out == ""


def test_reasons_are_valid_dimension_values() -> None:
    """Reasons are few and short, because each of them is a metric."""
    reasons = get_args(RejectionReason)
    assert len(set(reasons)) == len(reasons) <= 20
    assert all(reason.replace("-", "").isalpha() and reason.islower() for reason in reasons)
