"""Every metric of an alarm or of the dashboard is emitted by AWS or by this product, with the same dimensions."""

import contextlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from ingest.heartbeat import PROFILE
from ingest.metrics import Metrics
from processor.metrics import OutcomeMetrics
from processor.telemetry import Telemetry
from scripts.aws.template import OBSERVABILITY, load
from tests.infra import other_expanders
from tests.infra.complete_example import MACHINES, without_mapping
from tests.infra.observability_alarms import PROFILES, alarms, alarms_of, resources, watched
from tests.infra.other_expanders import TOPICS, by_cfn_lint, comparable
from tests.ingest.test_handler import GOOD_SECRET, Handled, aws, event
from tests.new_logger import new_logger

ALARMS = alarms(["loan-created"])
RESOURCES = resources(["loan-created"])
DASHBOARD = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])


class Page(NamedTuple):
    """A page of the AWS documentation that lists these metrics with this dimension (empty: for the whole account)."""

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
    """Return the metrics that ingest and the processor emit for each kind of request and each outcome."""
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
    """Return the metrics of the metric filters, which have no dimensions."""
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


def test_the_metrics_of_every_alarm_are_emitted() -> None:
    """Every metric of an alarm is emitted with its name, namespace and dimensions."""
    assert not_emitted(ALARMS) == []


@pytest.mark.parametrize("topics", TOPICS, ids=len)
def test_f76_the_metrics_of_every_alarm_are_emitted_after_another_expansion(topics: list[str]) -> None:
    """Every metric of an alarm is emitted after cfn-lint expanded the template."""
    made = comparable(by_cfn_lint(OBSERVABILITY, topics), topics)["Resources"]
    found = alarms_of(without_mapping(made, {each.resource: {"Name": each.name, "Arn": each.arn} for each in MACHINES}))
    more_profiles = len(other_expanders.PROFILES) - len(PROFILES)
    fewer_machines = len(MACHINES) - len(other_expanders.STATE_MACHINES)
    assert len(found) == len(ALARMS) + 3 * (len(topics) - 1) + more_profiles - 3 * fewer_machines
    assert not_emitted(found) == []


@pytest.mark.parametrize(
    "wrong", [{"MetricName": "Executions${Ending}"}, {"Namespace": "AWS/State"}, {"Dimensions": []}]
)
def test_an_alarm_on_a_missing_metric_is_found(wrong: dict[str, Any]) -> None:
    """An alarm with an unknown metric name, namespace or dimension is found."""
    name = "PodExecutionsFailed"
    assert not_emitted(ALARMS | {name: ALARMS[name] | wrong}) == [name]


def test_dimensions_have_matching_values() -> None:
    """Each dimension has values of its own kind, such as queue names for QueueName."""
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
        "StateMachineArn": {machine.arn for machine in MACHINES},
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
        ("PodExecutionsFailed", MACHINES[0].arn),
        ("TimdexExecutionsAborted", MACHINES[1].arn),
        ("BursarExecutionsTimedOut", MACHINES[2].arn),
    ],
)
def test_an_alarm_watches_the_resource_in_its_name(name: str, value: str) -> None:
    """An alarm watches the queue, function or state machine that it is named after."""
    values = [one["Value"] for metric in watched(ALARMS[name]) for one in metric["Dimensions"]]
    assert {one if isinstance(one, str) else one["Ref"] for one in values} == {value}


def matches(pattern: str, line: dict[str, Any]) -> bool:
    """Return whether a line matches a filter pattern of comparisons with one operator ("Filter pattern syntax")."""
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
    """Return the pattern and the log group of a filter."""
    filtered = RESOURCES[name]["Properties"]
    return filtered["FilterPattern"], filtered["LogGroupName"]["Ref"]


def lines(*events: dict[str, Any], profiles: str = "alma") -> list[dict[str, Any]]:
    """Return all lines that ingest writes for these requests, including its metrics."""
    for _, environment in aws(GOOD_SECRET):
        handled = Handled(list(events), {**environment, "PROFILES": profiles})
        return [json.loads(line) for line in handled.output.splitlines()[:-1]]
    return []


def test_each_rejected_signature_is_counted_once() -> None:
    """The filter counts each missing or wrong signature once, and no other rejection or metric line."""
    text, group = pattern("InvalidSignaturesFilter")
    none = event(headers={})
    replaced = event(body="\ufffd".encode(), secret="another")
    written = lines(none, event(secret="another"), replaced, event(body=b""))
    counted = [line["reason"] for line in written if matches(text, line)]
    assert (group, counted) == ("IngestLogGroupName", ["no-signature", "wrong-signature", "replaced-bytes"])


def test_f56_each_request_to_a_retired_profile_is_counted_once() -> None:
    """The filter counts each request to a retired profile once; a signed unknown path counts separately."""
    text, group = pattern("RetiredProfileFilter")
    not_found, _ = pattern("SignedNotFoundFilter")
    for _, environment in aws(GOOD_SECRET):
        events = [event(rawPath="/webhooks/gone"), event(rawPath="/webhooks/never")]
        handled = Handled(events, {**environment, "RETIRED_PROFILES": "gone"})
        written = [json.loads(line) for line in handled.output.splitlines()[:-1]]
        assert [line["profile"] for line in written if matches(text, line)] == ["gone"]
        assert [line["reason"] for line in written if matches(not_found, line)] == ["unknown-path-signed"]
    assert group == "IngestLogGroupName"


def test_events_of_alma_are_counted_without_heartbeats() -> None:
    """The filter counts accepted events of every profile except the heartbeat."""
    text, group = pattern("AcceptedFilter")
    accepted = [{"message": "accepted", "profile": profile} for profile in ("alma", "consortium", PROFILE)]
    written = [*accepted, {"message": "rejected", "profile": "alma"}, {"message": "challenge", "profile": "alma"}]
    assert [line["profile"] for line in written if matches(text, line)] == ["alma", "consortium"]
    assert group == "IngestLogGroupName"


def test_a_404_with_a_signature_is_counted_separately() -> None:
    """The filter counts a signed request to an unknown path, as Alma would send it to a wrong webhook URL."""
    text, group = pattern("SignedNotFoundFilter")
    path = "/webhooks/nobody"
    written = lines(event(rawPath=path), event(headers={}, rawPath=path), event(secret="another"))
    counted = [line for line in written if matches(text, line)]
    assert [(line["message"], line["status"]) for line in counted] == [("rejected", 404)]
    assert group == "IngestLogGroupName"


def test_outcomes_and_retries_count_as_handled() -> None:
    """The filter counts the lines of outcomes and retries, and no metric lines."""
    text, group = pattern("HandledFilter")
    written = io.StringIO()
    telemetry = Telemetry(new_logger(written), OutcomeMetrics("prod"), lambda *_: None)
    line = {"receipt_id": "r", "outcome": "delivered", "action": "LOAN", "event": "LOAN_CREATED", "deliveries": []}
    with contextlib.redirect_stdout(written):
        telemetry.outcome(line)
        telemetry.retry({"receipt_id": "r", "failure": {"class": "transient"}, "deliveries": []})
    found = [json.loads(each) for each in written.getvalue().splitlines()]
    assert len(found) > 2
    assert [each["message"] for each in found if matches(text, each)] == ["outcome", "retry"]
    assert group == "ProcessorLogGroupName"


def test_the_access_log_has_no_free_text() -> None:
    """The gateway escapes nothing, so a quote in the path or in an error's message would break the JSON."""
    settings = load()["Resources"]["ApiStage"]["Properties"]["AccessLogSettings"]
    logged = set(re.findall(r"\$context\.([\w.]+)", settings["Format"]))
    assert logged == {
        *("requestTime", "requestId", "httpMethod", "routeKey", "status"),
        *("responseLength", "responseLatency", "error.responseType"),
    }


def test_a_429_is_counted_by_the_access_log() -> None:
    """The filter counts a 429 in the access log of the gateway, because the request never reaches ingest."""
    text, group = pattern("ThrottledRequestsFilter")
    settings = load()["Resources"]["ApiStage"]["Properties"]["AccessLogSettings"]
    written = [
        json.loads(re.sub(r"\$context\.[\w.]+", status, settings["Format"])) for status in ("200", "429", "4290")
    ]
    assert [line["status"] for line in written if matches(text, line)] == ["429"]
    assert (group, settings["DestinationArn"]) == ("ApiLogGroupName", {"Fn::GetAtt": ["ApiLogGroup", "Arn"]})


def on_the_dashboard() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield the metrics of the widgets, including those of searches."""
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
    """Every metric of a widget is emitted; otherwise the widget would stay empty and look healthy."""
    found = set(on_the_dashboard())
    assert len(found) > 15
    assert found <= EMITTED


def test_missing_metrics_of_this_product_are_found() -> None:
    """The emitted metrics are those of the code, so an unknown name or dimension is not among them."""
    assert ("AlmaWebhooks", "TooLarge", ("Stage",)) in we_emit()
    assert ("AlmaWebhooks", "TooLarge", ("Stage", "Profile")) not in EMITTED
    assert ("AlmaWebhooks", "Accepted", ("Profile", "Stage")) in we_emit()
