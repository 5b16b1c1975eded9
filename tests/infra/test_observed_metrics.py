"""Every metric that is watched is one that AWS or our own code emits, by these dimensions: else it would never ring."""

import contextlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from aws_lambda_powertools import Logger

from ingest.heartbeat import PROFILE
from ingest.metrics import Metrics
from processor.metrics import OutcomeMetrics
from processor.telemetry import Telemetry
from scripts.aws.template import OBSERVABILITY, load
from tests.infra import other_expanders
from tests.infra.observability_alarms import PROFILES, alarms, alarms_of, resources, watched
from tests.infra.other_expanders import TOPICS, by_cfn_lint, comparable
from tests.ingest.test_handler import GOOD_SECRET, Handled, aws, event

ALARMS = alarms(["loan-created"])
RESOURCES = resources(["loan-created"])
DASHBOARD = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])


class Page(NamedTuple):
    """AWS' page, by its title, that lists these metrics with this dimension (empty: for the whole account)."""

    title: str
    namespace: str
    dimension: str
    metrics: frozenset[str]


AWS_EMITS = [
    Page(
        "Available CloudWatch metrics for Amazon SQS",
        "AWS/SQS",
        "QueueName",
        frozenset(
            {
                "ApproximateAgeOfOldestMessage",
                "ApproximateNumberOfMessagesVisible",
                "ApproximateNumberOfMessagesNotVisible",
                "NumberOfMessagesReceived",
            }
        ),
    ),
    Page(
        "Monitor CloudWatch metrics for HTTP APIs in API Gateway",
        "AWS/ApiGateway",
        "ApiId",
        frozenset({"4xx", "5xx", "Count", "IntegrationLatency", "Latency", "DataProcessed"}),
    ),
    Page(
        "Types of metrics for Lambda functions",
        "AWS/Lambda",
        "FunctionName",
        frozenset({"Invocations", "Errors", "Throttles", "Duration"}),
    ),
    Page("Monitoring concurrency", "AWS/Lambda", "", frozenset({"ClaimedAccountConcurrency"})),
    Page(
        "Monitoring Amazon SNS topics using CloudWatch",
        "AWS/SNS",
        "TopicName",
        frozenset(
            {
                "NumberOfMessagesPublished",
                "NumberOfNotificationsFailed",
                "NumberOfNotificationsRedrivenToDlq",
                "NumberOfNotificationsFailedToRedriveToDlq",
            }
        ),
    ),
    Page(
        "Monitoring Step Functions metrics using Amazon CloudWatch",
        "AWS/States",
        "StateMachineArn",
        frozenset({"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"}),
    ),
]

Emitted = set[tuple[str, str, tuple[str, ...]]]
"""Namespace, metric and the names of its dimensions, sorted."""


def aws_emits() -> Emitted:
    return {
        (page.namespace, metric, (page.dimension,) if page.dimension else ())
        for page in AWS_EMITS
        for metric in page.metrics
    }


def we_emit() -> Emitted:
    """What ingest's and the processor's own code writes for a request of each kind and an event of each outcome."""
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        Metrics("prod").count({"profile": "alma", "secret": "current"})
        Metrics("prod").count({"profile": "alma", "reason": "wrong-signature"})
        for outcome in ("delivered", "duplicate", "ignored", "dead"):
            failure = {"failure": {"class": "too-large"}} if outcome == "dead" else {"outcome": outcome}
            delivery = {"route": "loans", "target": "topic:loan-created", **failure}
            line = {"action": "LOAN", "event": "LOAN_CREATED", "outcome": outcome, "deliveries": [delivery]}
            OutcomeMetrics("prod").count(line)
    return set(_in_lines(written.getvalue().splitlines()))


def _in_lines(lines: list[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for text in lines:
        line = json.loads(text)
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for dimensions in directive["Dimensions"]:
                assert set(dimensions) <= set(line)
                for metric in directive["Metrics"]:
                    yield directive["Namespace"], metric["Name"], tuple(sorted(dimensions))


def the_filters_emit() -> Emitted:
    """What the template's metric filters make of log lines, without dimensions; the lines are tested below."""
    filters = [one for one in RESOURCES.values() if one["Type"] == "AWS::Logs::MetricFilter"]
    transformations = [one for each in filters for one in each["Properties"]["MetricTransformations"]]
    assert all("Dimensions" not in one for one in transformations)
    return {(one["MetricNamespace"]["Fn::Sub"], one["MetricName"], ()) for one in transformations}


EMITTED = aws_emits() | we_emit() | the_filters_emit()


def not_emitted(some: dict[str, dict[str, Any]]) -> list[str]:
    """Return the alarms on a metric never emitted with this name, namespace and dimensions, or on none at all."""
    return [name for name, alarm in some.items() if "AlarmRule" not in alarm and not _is_emitted(watched(alarm))]


def _is_emitted(metrics: list[dict[str, Any]]) -> bool:
    identified = {
        (
            metric["Namespace"] if isinstance(metric["Namespace"], str) else metric["Namespace"]["Fn::Sub"],
            str(metric["MetricName"]),
            tuple(sorted(one["Name"] for one in metric.get("Dimensions", []))),
        )
        for metric in metrics
    }
    return bool(identified) and identified <= EMITTED


def test_every_alarms_metric_is_emitted() -> None:
    """By name, namespace and dimensions, each one of them that it watches."""
    assert not_emitted(ALARMS) == []


@pytest.mark.parametrize("topics", TOPICS, ids=len)
def test_f76_every_alarms_metric_exists_after_another_implementation_expanded_the_template(topics: list[str]) -> None:
    """By cfn-lint; the emulator's own is an end-to-end test."""
    found = alarms_of(comparable(by_cfn_lint(OBSERVABILITY, topics), topics)["Resources"])
    more_profiles = len(other_expanders.PROFILES) - len(PROFILES)
    assert len(found) == len(ALARMS) + 3 * (len(topics) - 1) + more_profiles
    assert not_emitted(found) == []


@pytest.mark.parametrize(
    "wrong", [{"MetricName": "Executions${Ending}"}, {"Namespace": "AWS/State"}, {"Dimensions": []}]
)
def test_an_alarm_on_a_metric_that_nobody_emits_is_found(wrong: dict[str, Any]) -> None:
    """By its name, namespace or dimensions."""
    name = "PodExecutionsFailed"
    assert not_emitted(ALARMS | {name: ALARMS[name] | wrong}) == [name]


def test_the_dimensions_values_are_of_the_right_thing() -> None:
    """A queue's name for the queue, a function's for the function: each name of a dimension has its own values."""
    values: dict[str, set[str]] = {}
    for alarm in ALARMS.values():
        for metric in watched(alarm):
            for one in metric.get("Dimensions", []):
                value = one["Value"]
                values.setdefault(one["Name"], set()).add(
                    value if isinstance(value, str) else next(iter(value.values()))
                )
    assert values == {
        "QueueName": {"QueueName", "DeadLetterQueueName"},
        "ApiId": {"ApiId"},
        "FunctionName": {"IngestFunctionName", "ProcessorFunctionName", "HeartbeatFunction"},
        "TopicName": {"${TopicNamePrefix}loan-created", "${TopicNamePrefix}heartbeat"},
        "StateMachineArn": {f"{name}StateMachineArn" for name in ("Pod", "Timdex", "Bursar")},
        "Stage": {"Stage"},
        "Profile": set(PROFILES),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DeadLetters", "DeadLetterQueueName"),
        ("NewDeadLetters", "DeadLetterQueueName"),
        ("DeadLetterAge", "DeadLetterQueueName"),
        ("QueueAge", "QueueName"),
        ("QueueBacklog", "QueueName"),
        ("IngestErrors", "IngestFunctionName"),
        ("ProcessorErrors", "ProcessorFunctionName"),
        ("HeartbeatErrors", "HeartbeatFunction"),
        ("IngestThrottles", "IngestFunctionName"),
        ("ProcessorThrottles", "ProcessorFunctionName"),
        ("IngestDuration", "IngestFunctionName"),
        ("ProcessorDuration", "ProcessorFunctionName"),
        ("PodExecutionsFailed", "PodStateMachineArn"),
        ("TimdexExecutionsAborted", "TimdexStateMachineArn"),
        ("BursarExecutionsTimedOut", "BursarStateMachineArn"),
    ],
)
def test_an_alarm_watches_what_it_is_named_after(name: str, value: str) -> None:
    """Not the other queue, nor the other function."""
    assert {one["Value"]["Ref"] for metric in watched(ALARMS[name]) for one in metric["Dimensions"]} == {value}


def matches(pattern: str, line: dict[str, Any]) -> bool:
    """Whether a line matches a filter pattern of comparisons joined by one operator ("Filter pattern syntax")."""
    comparisons = re.findall(r'\$\.(\w+) (!?=) "([^"]*)"', pattern)
    assert re.sub(r'\(?\$\.\w+ !?= "[^"]*"\)?', "x", pattern) in {
        "{ x }",
        "{ x && x }",
        "{ x || x }",
        "{ x || x || x }",
    }
    found = [name in line and (line[name] == value) is (operator == "=") for name, operator, value in comparisons]
    return any(found) if "||" in pattern else all(found)


def pattern(name: str) -> tuple[str, Any]:
    """A filter's pattern and its log group."""
    filtered = RESOURCES[name]["Properties"]
    return filtered["FilterPattern"], filtered["LogGroupName"]["Ref"]


def lines(*events: dict[str, Any], profiles: str = "alma") -> list[dict[str, Any]]:
    """What ingest writes on these requests, its metrics among it, for CloudWatch Logs filters all lines."""
    for _, environment in aws(GOOD_SECRET):
        handled = Handled(list(events), {**environment, "PROFILES": profiles})
        return [json.loads(line) for line in handled.output.splitlines()[:-1]]
    return []


def test_refused_signatures_are_counted_once_each() -> None:
    """Missing, wrong, and wrong for replaced bytes; no other rejection, and not the metric's line beside the log's."""
    text, group = pattern("InvalidSignaturesFilter")
    none = event(headers={})
    replaced = event(body="\ufffd".encode(), secret="another")
    written = lines(none, event(secret="another"), replaced, event(body=b""))
    counted = [line["reason"] for line in written if matches(text, line)]
    assert (group, counted) == ("IngestLogGroupName", ["no-signature", "wrong-signature", "replaced-bytes"])


def test_f56_requests_to_a_retired_profile_are_counted_once_each() -> None:
    """By the log line with the reason, not by the metric's line beside it; a signed unknown path counts as such."""
    text, group = pattern("RetiredProfileFilter")
    not_found, _ = pattern("SignedNotFoundFilter")
    for _, environment in aws(GOOD_SECRET):
        events = [event(rawPath="/webhooks/gone"), event(rawPath="/webhooks/never")]
        handled = Handled(events, {**environment, "RETIRED_PROFILES": "gone"})
        written = [json.loads(line) for line in handled.output.splitlines()[:-1]]
        assert [line["profile"] for line in written if matches(text, line)] == ["gone"]
        assert [line["reason"] for line in written if matches(not_found, line)] == ["unknown-path-signed"]
    assert group == "IngestLogGroupName"


def test_what_alma_sent_is_told_from_heartbeats() -> None:
    """An accepted line of any profile but the heartbeat's; no other line has these words."""
    text, group = pattern("AcceptedFilter")
    accepted = [{"message": "accepted", "profile": profile} for profile in ("alma", "consortium", PROFILE)]
    written = [*accepted, {"message": "rejected", "profile": "alma"}, {"message": "challenge", "profile": "alma"}]
    assert [line["profile"] for line in written if matches(text, line)] == ["alma", "consortium"]
    assert group == "IngestLogGroupName"


def test_a_404_with_the_form_of_a_signature_is_told_from_others() -> None:
    """What Alma would send to a wrong webhook URL; not the metric's line beside the log's."""
    text, group = pattern("SignedNotFoundFilter")
    path = "/webhooks/nobody"
    written = lines(event(rawPath=path), event(headers={}, rawPath=path), event(secret="another"))
    counted = [line for line in written if matches(text, line)]
    assert [(line["message"], line["status"]) for line in counted] == [("rejected", 404)]
    assert group == "IngestLogGroupName"


def test_a_line_of_an_outcome_or_a_retry_is_a_sign_of_life() -> None:
    """Those two are all that the processor writes about an event; its metrics have no message."""
    text, group = pattern("HandledFilter")
    written = io.StringIO()
    telemetry = Telemetry(Logger(service="observed", stream=written), OutcomeMetrics("prod"), lambda *_: None)
    line = {"receipt_id": "r", "outcome": "delivered", "action": "LOAN", "event": "LOAN_CREATED", "deliveries": []}
    with contextlib.redirect_stdout(written):
        telemetry.outcome(line)
        telemetry.retry({"receipt_id": "r", "failure": {"class": "transient"}, "deliveries": []})
    found = [json.loads(each) for each in written.getvalue().splitlines()]
    assert len(found) > 2
    assert [each["message"] for each in found if matches(text, each)] == ["outcome", "retry"]
    assert group == "ProcessorLogGroupName"


def test_the_gateways_429_is_told_by_its_own_log() -> None:
    """The access log's form, filled in for a request that never reached ingest."""
    text, group = pattern("ThrottledRequestsFilter")
    settings = load()["Resources"]["ApiStage"]["Properties"]["AccessLogSettings"]
    written = [
        json.loads(re.sub(r"\$context\.[\w.]+", status, settings["Format"])) for status in ("200", "429", "4290")
    ]
    assert [line["status"] for line in written if matches(text, line)] == ["429"]
    assert (group, settings["DestinationArn"]) == ("ApiLogGroupName", {"Fn::GetAtt": ["ApiLogGroup", "Arn"]})


def on_the_dashboard() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The metrics of the widgets, those of searches among them."""
    for widget in DASHBOARD["widgets"]:
        for row in widget["properties"].get("metrics", []):
            if isinstance(row[0], dict):
                yield from searched(row[0]["expression"])
            else:
                namespace, name, *pairs = [part for part in row if isinstance(part, str)]
                yield namespace, name, tuple(sorted(pairs[::2]))


def searched(expression: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for namespace, dimensions, names in re.findall(r"\{([^,}]+),([^}]+)\} MetricName=(\([^)]+\)|\"\w+\")", expression):
        for name in re.findall(r'"(\w+)"', names):
            yield namespace, name, tuple(sorted(dimensions.split(",")))


def test_every_metric_of_the_dashboard_is_emitted() -> None:
    """A widget on a metric that is never emitted stays empty and looks healthy."""
    found = set(on_the_dashboard())
    assert len(found) > 15
    assert found <= EMITTED


def test_our_own_metrics_would_be_missed() -> None:
    """What is emitted is read from what the code writes: another name or dimension is not there."""
    assert ("AlmaWebhooks", "TooLarge", ("Stage",)) in we_emit()
    assert ("AlmaWebhooks", "TooLarge", ("Stage", "Profile")) not in EMITTED
    assert ("AlmaWebhooks", "Accepted", ("Profile", "Stage")) in we_emit()
