"""Test that failed requests are counted by the access log, and that the last event of each profile is shown."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.doctor import requests
from scripts.doctor.check import Finding, Subject
from tests.scripts.doctor.subjects import OK, UNHEALTHY, UNKNOWN, found
from tests.scripts.doctor.test_routes import with_outputs, with_parameters

WEBHOOKS = "ANY /webhooks/{profile}"
GROUP = "/aws/vendedlogs/apigateway/alma-webhooks-dev"


@pytest.fixture
def logged(subject: Subject) -> Subject:
    """A subject whose API has a log group."""
    subject.scope.aws.logs.create_log_group(logGroupName=GROUP)
    subject.scope.aws.logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    return with_outputs(subject, ApiLogGroupName=GROUP)


def write(subject: Subject, *statuses: str, route_key: str = WEBHOOKS, age: float = 60) -> None:
    """Write lines of the access log, one for each request."""
    lines = [
        {"status": status, "route_key": route_key, "request_id": str(number)} for number, status in enumerate(statuses)
    ]
    events: Any = [{"timestamp": round((time.time() - age) * 1000), "message": json.dumps(line)} for line in lines]
    subject.scope.aws.logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)


def test_an_hour_without_failed_requests_is_healthy(logged: Subject) -> None:
    """Accepted requests and older lines do not count."""
    write(logged, "200", "200")
    write(logged, "429", age=2 * 3600)
    [finding] = found(logged, "requests")
    assert (finding.state, finding.fix) == (OK, "")


def test_f66_requests_that_the_gateway_throttled_are_shown(logged: Subject) -> None:
    """Number, time and destinations are shown, and the fix doubles the limit."""
    write(logged, "200", "429", "429", "429")
    write(logged, "429", route_key="$default")
    [finding] = found(with_parameters(logged, ThrottlingRateLimit="700"), "requests")
    assert finding.state is UNHEALTHY
    assert finding.message.startswith("4 answered 429 in the last hour, newest at ")
    assert finding.message.endswith("Alma does not retry them (3 to webhook URLs, 1 to other paths)")
    assert (
        "set ThrottlingRateLimit: 1400 under parameters in alma-webhooks.yaml; then alma-webhooks deploy "
        in finding.fix
    )


def test_f66_each_status_that_loses_events_is_shown(logged: Subject) -> None:
    """401 and 404, which third parties cause too, are healthy; their fix leads to the secrets."""
    write(logged, "401", "404", "413", "502", "503", "403")
    states = {finding.message.split(" ")[2]: (finding.state, finding.fix) for finding in found(logged, "requests")}
    assert {status: state for status, (state, _) in states.items()} == {
        "401": OK,
        "404": OK,
        "413": UNHEALTHY,
        "5XX": UNHEALTHY,
    }
    assert states["401"][1] == "alma-webhooks secret status all --stage dev"


def test_a_flood_is_not_read_to_its_end(logged: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The count is reported as a lower bound."""
    monkeypatch.setattr(requests, "_MOST_LINES", 5)
    write(logged, *["401"] * 9)
    [finding] = found(logged, "requests")
    assert finding.message.startswith("at least 9 answered 401")


def test_requests_that_matched_no_route_of_the_gateway_are_shown(logged: Subject) -> None:
    """The gateway logs a hyphen for a value that a request does not have."""
    write(logged, "413", route_key="-")
    [finding] = found(logged, "requests")
    assert finding.message.endswith("(1 rejected by the gateway)")


def counted(subject: Subject, profile: str, ago: timedelta, stage: str = "dev") -> None:
    datum: Any = {
        "MetricName": "Accepted",
        "Dimensions": [{"Name": "Stage", "Value": stage}, {"Name": "Profile", "Value": profile}],
        "Timestamp": subject.aws_time - ago,
        "Value": 1,
    }
    subject.scope.aws.cloudwatch.put_metric_data(Namespace="AlmaWebhooks", MetricData=[datum])


def log_event(subject: Subject, text: str, ago: timedelta) -> None:
    at = int((subject.aws_time - ago).timestamp() * 1000)
    subject.scope.aws.logs.put_log_events(
        logGroupName="ingest", logStreamName="s", logEvents=[{"timestamp": at, "message": text}]
    )


def line_of(profile: str, message: str = "accepted") -> str:
    return json.dumps({"message": message, "profile": profile, "receipt_id": "r1"})


def messages(subject: Subject) -> list[str]:
    findings = found(subject, "last event")
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
    assert messages(subject) == [f"alma at {one}", f"consortium at {other}"]


def test_the_log_is_used_without_a_metric(subject: Subject) -> None:
    """The metric is preferred if both exist."""
    counted(subject, "alma", timedelta(hours=1))
    log_event(subject, line_of("alma"), timedelta(hours=5))
    for hours in (4, 6):
        log_event(subject, line_of("consortium"), timedelta(hours=hours))
    for text in (line_of("consortium", "rejected"), "no JSON", '["accepted"]'):
        log_event(subject, text, timedelta(hours=2))
    seen = (subject.aws_time - timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M:")
    one, other = messages(subject)
    assert one == f"alma at {minute(subject, timedelta(hours=1))}"
    assert other.startswith(f"consortium at {seen}")


@pytest.mark.parametrize("tier", ["none", "essential"])
def test_a_stack_without_the_metric_is_read_by_its_log(subject: Subject, tier: str) -> None:
    """CloudWatch is not asked for a metric that the tier of alarms does not have."""
    counted(subject, "consortium", timedelta(hours=1))
    log_event(subject, line_of("alma"), timedelta(hours=5))
    one, other = messages(with_outputs(subject, Alarms=tier))
    assert one.startswith(f"alma at {minute(subject, timedelta(hours=5))[:-1]}:")
    assert other == "consortium: none in the last 24 h"


def test_silence_is_shown_and_healthy(subject: Subject) -> None:
    """A library may be closed over a weekend."""
    counted(subject, "alma", timedelta(hours=25))
    log_event(subject, line_of("consortium"), timedelta(hours=25))
    findings: list[Finding] = found(subject, "last event")
    assert [(f.state, f.message) for f in findings] == [
        (OK, "alma: none in the last 24 h"),
        (OK, "consortium: none in the last 24 h"),
    ]
    assert all("alma-webhooks reconcile --since 24h --stage dev" in finding.fix for finding in findings)


def test_metrics_that_may_not_be_read_are_unknown(subject: Subject) -> None:
    """The missing right is named; incomplete data is unknown too."""
    with Stubber(subject.scope.aws.cloudwatch) as stub:
        stub.add_client_error("get_metric_data", "AccessDenied")
        [denied] = found(subject, "last event")
        result = {"Timestamps": [], "Values": [], "StatusCode": "PartialData"}
        results = [{"Id": f"s{number}"} | result for number in range(2)]
        stub.add_response("get_metric_data", {"MetricDataResults": results})
        [partly] = found(subject, "last event")
    assert (denied.state, denied.fix) == (UNKNOWN, "grant your role cloudwatch:GetMetricData")
    assert (partly.state, partly.message) == (UNKNOWN, "CloudWatch answers PartialData.")


def test_a_log_that_may_not_be_read_is_unknown(subject: Subject) -> None:
    """The log is read only if the metric has no data."""
    with Stubber(subject.scope.aws.logs) as stub:
        stub.add_client_error("filter_log_events", "AccessDeniedException")
        [denied] = found(subject, "last event")
    assert (denied.state, denied.fix) == (UNKNOWN, "grant your role logs:FilterLogEvents")
