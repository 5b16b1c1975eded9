"""Test that the last event of each profile is shown, by metric or else by log, and that silence is not unhealthy."""

import json
from datetime import timedelta
from typing import Any

from botocore.stub import Stubber

from scripts.doctor.finding import Finding
from scripts.doctor.last_events import checks
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNKNOWN, found


def counted(subject: Subject, profile: str, ago: timedelta, stage: str = "dev") -> None:
    datum: Any = {
        "MetricName": "Accepted",
        "Dimensions": [{"Name": "Stage", "Value": stage}, {"Name": "Profile", "Value": profile}],
        "Timestamp": subject.aws_time - ago,
        "Value": 1,
    }
    subject.scope.aws.cloudwatch.put_metric_data(Namespace="AlmaWebhooks", MetricData=[datum])


def logged(subject: Subject, text: str, ago: timedelta) -> None:
    at = int((subject.aws_time - ago).timestamp() * 1000)
    subject.scope.aws.logs.put_log_events(
        logGroupName="ingest", logStreamName="s", logEvents=[{"timestamp": at, "message": text}]
    )


def line(profile: str, message: str = "accepted") -> str:
    return json.dumps({"message": message, "profile": profile, "receipt_id": "r1"})


def message(subject: Subject) -> list[str]:
    findings = found(checks, subject)
    assert {finding.state for finding in findings} == {OK}
    return [finding.message for finding in findings]


def minute(subject: Subject, ago: timedelta) -> str:
    return (subject.aws_time - ago).strftime("%Y-%m-%dT%H:%MZ")


def test_the_metric_gives_the_minute(subject: Subject) -> None:
    """The last point of this stage counts, for each profile separately."""
    for hours in (3, 1, 2):
        counted(subject, "alma", timedelta(hours=hours))
    counted(subject, "alma", timedelta(minutes=5), stage="prod")
    counted(subject, "consortium", timedelta(hours=23))
    one, other = (minute(subject, timedelta(hours=hours)) for hours in (1, 23))
    assert message(subject) == [f"alma at {one}", f"consortium at {other}"]


def test_the_log_is_used_without_a_metric(subject: Subject) -> None:
    """The metric is preferred if both exist."""
    counted(subject, "alma", timedelta(hours=1))
    logged(subject, line("alma"), timedelta(hours=5))
    for hours in (4, 6):
        logged(subject, line("consortium"), timedelta(hours=hours))
    for text in (line("consortium", "rejected"), "no JSON", '["accepted"]'):
        logged(subject, text, timedelta(hours=2))
    seen = (subject.aws_time - timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M:")
    one, other = message(subject)
    assert one == f"alma at {minute(subject, timedelta(hours=1))}"
    assert other.startswith(f"consortium at {seen}")


def test_silence_is_shown_and_healthy(subject: Subject) -> None:
    """A library may be closed over a weekend."""
    counted(subject, "alma", timedelta(hours=25))
    logged(subject, line("consortium"), timedelta(hours=25))
    findings: list[Finding] = found(checks, subject)
    assert [(f.state, f.message) for f in findings] == [
        (OK, "alma: none in the last 24 h"),
        (OK, "consortium: none in the last 24 h"),
    ]
    assert all("alma-webhooks reconcile --since 24h --stage dev" in finding.fix for finding in findings)


def test_metrics_that_may_not_be_read_are_unknown(subject: Subject) -> None:
    """The missing right is named; incomplete data is unknown too."""
    with Stubber(subject.scope.aws.cloudwatch) as stub:
        stub.add_client_error("get_metric_data", "AccessDenied")
        [denied] = found(checks, subject)
        result = {"Id": "s0", "Timestamps": [], "Values": [], "StatusCode": "PartialData"}
        stub.add_response("get_metric_data", {"MetricDataResults": [result]})
        [partly] = found(checks, subject)
    assert (denied.state, denied.fix) == (UNKNOWN, "grant your role cloudwatch:GetMetricData")
    assert (partly.state, partly.message) == (UNKNOWN, "CloudWatch answers PartialData.")


def test_a_log_that_may_not_be_read_is_unknown(subject: Subject) -> None:
    """The log is read only if the metric has no data."""
    with Stubber(subject.scope.aws.logs) as stub:
        stub.add_client_error("filter_log_events", "AccessDeniedException")
        [denied] = found(checks, subject)
    assert (denied.state, denied.fix) == (UNKNOWN, "grant your role logs:FilterLogEvents")
