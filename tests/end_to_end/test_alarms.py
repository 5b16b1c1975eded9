"""The observability stack on a running pipeline: its alarms go to ALARM and back, its heartbeat is delivered.

The emulator evaluates alarms when a metric is put, over one window of all their periods, only by the metric name.
Tests of the parsed template check dimensions and periods.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from ingest import heartbeat
from scripts.aws import stack as stacks
from scripts.aws.address import resolve
from scripts.aws.clients import Aws
from scripts.cli.signals import Interrupts
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.service import DeployService
from scripts.local.observe import subscribed
from scripts.project import folder
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.infra.observability_alarms import alarms
from tests.scripts.command import run

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

pytestmark = pytest.mark.full  # drives every alarm through its window

# The emulator supports neither alarms on several metrics nor composite alarms, so these are not tested here.
UNSUPPORTED = {"dead-letters", "new-dead-letters", "processor-stalled", "page"}

# Metrics of AWS Step Functions ("Monitoring Step Functions metrics using Amazon CloudWatch"). They are not read from
# the template, because a misspelled metric name would pass then.
EMITTED = {"Failed": "ExecutionsFailed", "TimedOut": "ExecutionsTimedOut", "Aborted": "ExecutionsAborted"}
STATE_MACHINES = ("pod", "timdex", "bursar")

# How long a data point stays in the window after it was put at the end of the window.
_SECONDS_LEFT = 5.0


class ObservabilityStack(NamedTuple):
    """The name and the outputs of the observability stack."""

    name: str
    outputs: dict[str, str]


class Observed(NamedTuple):
    """A pipeline and its observability stack."""

    pipeline: Stack
    stack: ObservabilityStack


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """Start a run for this module, because other tests would cause its alarms."""
    project = ProjectFolder.create(tmp_path_factory.mktemp("project"))
    project.set(alarm_email="library@example.org")
    arguments = ("--port", "0", "--no-samples", f"--project={project.path}")
    with Running(tmp_path_factory.mktemp("run"), *arguments) as running, watched(running) as pipeline:
        yield Observed(pipeline, deployed(pipeline, project))


def deployed(pipeline: Stack, project: ProjectFolder) -> ObservabilityStack:
    """Deploy the observability stack beside the pipeline, which is not changed, and send nothing through it."""
    options = DeploymentOptions(stack=pipeline.facts["stack"], endpoint_url=pipeline.facts["endpoint_url"])
    address = resolve(options, {}, folder.needed(project.path))
    service = DeployService(pipeline.aws, address, lambda _: None)
    result = service.deploy(service.plan(options), lambda _: None)
    unchanged, made = result.data["stacks"]
    assert unchanged["changes"] == []
    return ObservabilityStack(made["stack"], stacks.read(pipeline.aws, made["stack"]).outputs)


def states(aws: Aws) -> dict[str, str]:
    """Return the state of each alarm on the emulator by name."""
    pages = aws.cloudwatch.get_paginator("describe_alarms").paginate()
    return {alarm["AlarmName"]: alarm["StateValue"] for page in pages for alarm in page["MetricAlarms"]}


def window(alarm: "MetricAlarmTypeDef") -> int:
    """Return the seconds of the window that the emulator evaluates."""
    return alarm["Period"] * alarm["EvaluationPeriods"]


def is_upper_limit(alarm: "MetricAlarmTypeDef") -> bool:
    """Return whether values over the threshold breach, not values below it."""
    return alarm["ComparisonOperator"] == "GreaterThanThreshold"


def put(aws: Aws, some: "list[MetricAlarmTypeDef]", ages: float, *, breaching: bool) -> None:
    """Put one data point of this age in seconds for the metric of each alarm, over or under its threshold."""
    points: dict[str, list[Any]] = {}
    for alarm in some:
        value = alarm["Threshold"] * 2 + 1 if is_upper_limit(alarm) == breaching else 0.0
        moment = datetime.fromtimestamp(time.time() - ages, UTC)
        point = {"MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"], "Timestamp": moment}
        points.setdefault(alarm["Namespace"], []).append({**point, "Value": value})
    for namespace, data in points.items():
        aws.cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)


def drive(aws: Aws, some: "list[MetricAlarmTypeDef]") -> Iterator[set[str]]:
    """Drive alarms with the same window and kind to OK, to ALARM and back, and yield their states."""
    names = {alarm["AlarmName"] for alarm in some}
    edge = window(some[0]) - _SECONDS_LEFT

    def until(state: str, *, breaching: bool | None) -> set[str]:
        def state_reached() -> set[str] | None:
            if breaching is not None:
                put(aws, some, 0, breaching=breaching)
            found = {is_now for name, is_now in states(aws).items() if name in names}
            return found if found == {state} else None

        return eventually(state_reached)

    # A sum or a maximum drops a data point only when it leaves the window, so it is put where it leaves soon.
    rises = is_upper_limit(some[0])
    put(aws, some, 0 if rises else edge, breaching=False)
    yield until("OK", breaching=None)
    if rises:
        put(aws, some, edge, breaching=True)
    yield until("ALARM", breaching=None if rises else True)
    yield until("OK", breaching=False)


def test_the_emulator_has_every_supported_alarm(observed: Observed) -> None:
    """The emulator has every alarm except for the unsupported ones listed above."""
    topics = set(observed.pipeline.facts["topics"]) - {heartbeat.PROFILE}
    expected = {alarm["AlarmName"] for alarm in alarms(sorted(topics), stack=observed.stack.name).values()}
    existing = set(states(observed.pipeline.aws))
    assert {name.removeprefix(f"{observed.stack.name}-") for name in expected - existing} == UNSUPPORTED
    assert existing <= expected


def test_every_alarm_goes_to_alarm_and_back_and_sends_messages(observed: Observed) -> None:
    """Every alarm goes from OK to ALARM and back by its metric, and sends both changes to the alarm topic."""
    aws, topic = observed.pipeline.aws, observed.stack.outputs["AlarmTopicArn"]
    pages = aws.cloudwatch.get_paginator("describe_alarms").paginate()
    found = [alarm for page in pages for alarm in page["MetricAlarms"]]
    with subscribed(aws, {"alarms": topic}, Interrupts()) as messages:
        # The longest windows come first, because a data point at the end of a short window is recent in a long one.
        for kind in sorted({(window(alarm), is_upper_limit(alarm)) for alarm in found}, reverse=True):
            some = [alarm for alarm in found if (window(alarm), is_upper_limit(alarm)) == kind]
            assert list(drive(aws, some)) == [{"OK"}, {"ALARM"}, {"OK"}]
        while messages.receive():
            pass
    lines = [json.loads(seen.body) for seen in messages.sightings]
    sent = {(line["AlarmName"], line["NewStateValue"]) for line in lines}
    assert sent == {(alarm["AlarmName"], state) for alarm in found for state in ("ALARM", "OK")}


def test_f76_a_failed_execution_causes_an_alarm_by_the_metric_of_aws(observed: Observed) -> None:
    """Alarms of every state machine go to ALARM for failed, timed-out and aborted executions, and back to OK."""
    aws = observed.pipeline.aws
    arns = observed.pipeline.facts["state_machines"]
    watched_metrics = {
        f"{observed.stack.name}-{state_machine}-executions-{ending}": (arns[state_machine], metric)
        for state_machine in STATE_MACHINES
        for ending, metric in EMITTED.items()
    }
    found = aws.cloudwatch.describe_alarms(AlarmNames=list(watched_metrics))["MetricAlarms"]
    [window_seconds] = {window(alarm) for alarm in found}
    assert {alarm["AlarmName"]: (alarm["Dimensions"], alarm["Namespace"], alarm["MetricName"]) for alarm in found} == {
        name: ([{"Name": "StateMachineArn", "Value": arn}], "AWS/States", metric)
        for name, (arn, metric) in watched_metrics.items()
    }

    def put_executions(count: int, age: float) -> None:
        moment = datetime.fromtimestamp(time.time() - age, UTC)
        for arn, metric in watched_metrics.values():
            dimensions: Any = [{"Name": "StateMachineArn", "Value": arn}]
            point: Any = {"MetricName": metric, "Dimensions": dimensions, "Timestamp": moment, "Value": count}
            aws.cloudwatch.put_metric_data(Namespace="AWS/States", MetricData=[point])

    def until(state: str, count: int | None) -> None:
        def is_reached() -> bool:
            if count is not None:
                put_executions(count, 0)
            found = states(aws)
            return {found[name] for name in watched_metrics} == {state}

        eventually(is_reached)

    until("OK", 0)
    put_executions(1, window_seconds - _SECONDS_LEFT)
    until("ALARM", None)
    until("OK", 0)


def test_f57_a_heartbeat_is_delivered_to_its_topic(observed: Observed) -> None:
    """The event of the scheduled function goes through the gateway, the queue and its route to its topic.

    A local pipeline serves the heartbeat profile and has its secret.
    """
    pipeline = observed.pipeline
    function = observed.stack.outputs["HeartbeatFunctionName"]
    answer = json.loads(pipeline.aws.functions.invoke(FunctionName=function)["Payload"].read())
    line = pipeline.outcome(answer["receipt_id"])
    assert (line["outcome"], line["profile"], line["action"]) == ("delivered", "heartbeat", "HEARTBEAT")
    [seen] = pipeline.sightings(answer["receipt_id"])
    assert (seen.topic, json.loads(seen.body)["action"]) == ("heartbeat", "HEARTBEAT")


def test_the_reconciliation_shows_heartbeats_separately(observed: Observed) -> None:
    """The reconciliation shows heartbeats as a profile of their own."""
    endpoint = observed.pipeline.facts["endpoint_url"]
    completed = run("reconcile", "--since=10m", "--output=json", f"--endpoint-url={endpoint}")
    profiles = json.loads(completed.stdout)["profiles"]
    assert profiles["heartbeat"]["accepted"] >= 1


def test_a_heartbeat_without_a_secret_fails_loudly(observed: Observed) -> None:
    """A heartbeat without a secret is an error of Lambda, which the alarm counts."""
    aws, name = observed.pipeline.aws, "/alma-webhooks/dev/heartbeat/secret"
    secret = aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    aws.ssm.delete_parameter(Name=name)
    try:
        response = aws.functions.invoke(FunctionName=observed.stack.outputs["HeartbeatFunctionName"])
    finally:
        aws.ssm.put_parameter(Name=name, Value=secret, Type="SecureString")
    assert response["FunctionError"] == "Unhandled"
    assert "secret create heartbeat" in json.loads(response["Payload"].read())["errorMessage"]
