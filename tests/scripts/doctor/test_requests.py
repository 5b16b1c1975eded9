"""Test that failed requests are counted by the HTTP API access log. CloudWatch Logs is in process."""

import json
import time
from typing import Any

import pytest

from scripts.doctor import requests
from scripts.doctor.requests import checks
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNHEALTHY, found
from tests.scripts.doctor.test_routes import with_outputs, with_parameters

GROUP = "/aws/apigateway/alma-webhooks-dev"


@pytest.fixture
def logged(subject: Subject) -> Subject:
    """A subject whose API has a log group."""
    subject.scope.aws.logs.create_log_group(logGroupName=GROUP)
    subject.scope.aws.logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    return with_outputs(subject, ApiLogGroupName=GROUP)


def write(subject: Subject, *statuses: str, path: str = "/webhooks/alma", age: float = 60) -> None:
    """Write lines of the access log, one for each request."""
    lines = [{"status": status, "path": path, "request_id": str(number)} for number, status in enumerate(statuses)]
    events: Any = [{"timestamp": round((time.time() - age) * 1000), "message": json.dumps(line)} for line in lines]
    subject.scope.aws.logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)


def test_an_hour_without_failed_requests_is_healthy(logged: Subject) -> None:
    """Accepted requests and older lines do not count."""
    write(logged, "200", "200")
    write(logged, "429", age=2 * 3600)
    [finding] = found(checks, logged)
    assert (finding.state, finding.fix) == (OK, "")


def test_f66_requests_that_the_gateway_throttled_are_shown(logged: Subject) -> None:
    """Number, time and paths are shown, and the fix doubles the limit."""
    write(logged, "200", "429", "429", "429")
    write(logged, "429", path="/wp-login.php")
    [finding] = found(checks, with_parameters(logged, ThrottlingRateLimit="700"))
    assert finding.state is UNHEALTHY
    assert finding.message.startswith("4 answered 429 in the last hour, newest at ")
    assert finding.message.endswith("Alma does not retry them (3 /webhooks/alma, 1 /wp-login.php)")
    assert "alma-webhooks deploy --parameter ThrottlingRateLimit=1400 --stage dev" in finding.fix


def test_f66_each_status_that_loses_events_is_shown(logged: Subject) -> None:
    """401 and 404, which third parties cause too, are healthy; their fix leads to the secrets."""
    write(logged, "401", "404", "413", "502", "503", "403")
    states = {finding.message.split(" ")[2]: (finding.state, finding.fix) for finding in found(checks, logged)}
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
    [finding] = found(checks, logged)
    assert finding.message.startswith("at least 9 answered 401")


def test_of_many_paths_the_first_are_named(logged: Subject) -> None:
    """A scanner tries hundreds of paths."""
    for number in range(5):
        write(logged, "404", path=f"/{number}" + "x" * 500)
    [finding] = found(checks, logged)
    assert finding.message.endswith(", 2 more paths)")
    assert len(finding.message) < 500
