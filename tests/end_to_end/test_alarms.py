"""The observability stack on a running pipeline: its alarms go to ALARM and back, its heartbeat comes out.

The emulator evaluates alarms when a metric is put, over one window of all their periods, by the metric's name alone.
Only the parsed template shows that an alarm watches the right dimensions and periods.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from ingest import heartbeat
from scripts.aws.clients import Aws
from scripts.cli.signals import Interrupts
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import StackDeployer, StackResult
from scripts.local.observe import subscribed
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.infra.observability_alarms import alarms
from tests.scripts.command import run

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

# The emulator makes no alarm on more than one metric and none on other alarms. What they do is unproven here.
UNPROVEN = {"dead-letters", "new-dead-letters", "processor-stalled", "page"}

# What AWS Step Functions emits ("Monitoring Step Functions metrics using Amazon CloudWatch"). It is not read from the
# template: an alarm on a metric of any name could be driven by that name.
EMITTED = {"Failed": "ExecutionsFailed", "TimedOut": "ExecutionsTimedOut", "Aborted": "ExecutionsAborted"}
STATE_MACHINES = ("pod", "timdex", "bursar")

# So long a point stays in the window that it was put at the end of.
_SECONDS_LEFT = 5.0


class Observed(NamedTuple):
    """A pipeline with the observability stack on it."""

    pipeline: Stack
    stack: StackResult


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """A run of its own: what other tests break would ring its alarms."""
    arguments = ("--port", "0", "--no-samples")
    with Running(tmp_path_factory.mktemp("run"), *arguments) as running, watched(running) as pipeline:
        yield Observed(pipeline, deployed(pipeline))


def deployed(pipeline: Stack) -> StackResult:
    """The observability stack, from the pipeline's outputs, with the address at which the emulator lets requests in."""
    aws = pipeline.aws
    place = Place(pipeline.facts["stack"], aws.sts.get_caller_identity()["Account"], pipeline.facts["region"])
    values = {"Emulated": "true", "AlarmEmail": "library@example.org"}
    artefacts = Artefacts(aws, place.account, place.region)
    bring_up = StackDeployer(aws, artefacts, place, values, lambda _: None, lambda _: None)
    unchanged, done = bring_up.run()
    assert unchanged.changes == []
    return done


def states(aws: Aws) -> dict[str, str]:
    """The state of each alarm of the emulator, by name."""
    pages = aws.cloudwatch.get_paginator("describe_alarms").paginate()
    return {alarm["AlarmName"]: alarm["StateValue"] for page in pages for alarm in page["MetricAlarms"]}


def window(alarm: "MetricAlarmTypeDef") -> int:
    """The seconds that the emulator looks back."""
    return alarm["Period"] * alarm["EvaluationPeriods"]


def rising(alarm: "MetricAlarmTypeDef") -> bool:
    """Whether too much is wrong, not too little."""
    return alarm["ComparisonOperator"] == "GreaterThanThreshold"


def put(aws: Aws, some: "list[MetricAlarmTypeDef]", ages: float, *, breaching: bool) -> None:
    """One point for each alarm's metric, so many seconds old, on the wrong or the right side of its threshold."""
    points: dict[str, list[Any]] = {}
    for alarm in some:
        value = alarm["Threshold"] * 2 + 1 if rising(alarm) == breaching else 0.0
        moment = datetime.fromtimestamp(time.time() - ages, UTC)
        point = {"MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"], "Timestamp": moment}
        points.setdefault(alarm["Namespace"], []).append({**point, "Value": value})
    for namespace, data in points.items():
        aws.cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)


def drive(aws: Aws, some: "list[MetricAlarmTypeDef]") -> Iterator[set[str]]:
    """Drives alarms of one window and kind to OK, to ALARM and back; yields the states that they have."""
    names = {alarm["AlarmName"] for alarm in some}
    edge = window(some[0]) - _SECONDS_LEFT

    def until(state: str, *, breaching: bool | None) -> set[str]:
        def look() -> set[str] | None:
            if breaching is not None:
                put(aws, some, 0, breaching=breaching)
            found = {is_now for name, is_now in states(aws).items() if name in names}
            return found if found == {state} else None

        return eventually(look)

    # A sum or a maximum forgets only what leaves its window: such a point is put where it will soon.
    rises = rising(some[0])
    put(aws, some, 0 if rises else edge, breaching=False)
    yield until("OK", breaching=None)
    if rises:
        put(aws, some, edge, breaching=True)
    yield until("ALARM", breaching=None if rises else True)
    yield until("OK", breaching=False)


def test_the_emulator_has_every_alarm_but_those_that_it_cannot_make(observed: Observed) -> None:
    """What is not driven below is listed above, by name."""
    topics = set(observed.pipeline.facts["topics"]) - {heartbeat.PROFILE}
    wanted = {alarm["AlarmName"] for alarm in alarms(sorted(topics), stack=observed.stack.name).values()}
    made = set(states(observed.pipeline.aws))
    assert {name.removeprefix(f"{observed.stack.name}-") for name in wanted - made} == UNPROVEN
    assert made <= wanted


def test_every_alarm_goes_to_alarm_and_back_and_says_so(observed: Observed) -> None:
    """From OK to ALARM and back to OK by the metric that it watches, and both are told to the alarm topic."""
    aws, topic = observed.pipeline.aws, observed.stack.outputs["AlarmTopicArn"]
    pages = aws.cloudwatch.get_paginator("describe_alarms").paginate()
    found = [alarm for page in pages for alarm in page["MetricAlarms"]]
    with subscribed(aws, {"alarms": topic}, Interrupts()) as told:
        # The longest windows first: a point that ends a short window is young in a long one.
        for kind in sorted({(window(alarm), rising(alarm)) for alarm in found}, reverse=True):
            some = [alarm for alarm in found if (window(alarm), rising(alarm)) == kind]
            assert list(drive(aws, some)) == [{"OK"}, {"ALARM"}, {"OK"}]
        while told.receive():
            pass
    said = {(line["AlarmName"], line["NewStateValue"]) for line in (json.loads(seen.body) for seen in told.sightings)}
    assert said == {(alarm["AlarmName"], state) for alarm in found for state in ("ALARM", "OK")}


def test_f76_an_execution_that_ends_badly_rings_by_the_metric_that_aws_emits(observed: Observed) -> None:
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
        def look() -> bool:
            if count is not None:
                put_executions(count, 0)
            found = states(aws)
            return {found[name] for name in watched_metrics} == {state}

        eventually(look)

    until("OK", 0)
    put_executions(1, window_seconds - _SECONDS_LEFT)
    until("ALARM", None)
    until("OK", 0)


def test_f57_a_heartbeat_comes_out_at_its_topic(observed: Observed) -> None:
    """The scheduled function's event goes the whole way: the public address, the queue, its route, its topic.

    A pipeline that runs on this computer, without samples too, serves it and has its secret.
    """
    pipeline = observed.pipeline
    function = observed.stack.outputs["HeartbeatFunctionName"]
    answer = json.loads(pipeline.aws.functions.invoke(FunctionName=function)["Payload"].read())
    line = pipeline.outcome(answer["receipt_id"])
    assert (line["outcome"], line["profile"], line["action"]) == ("delivered", "heartbeat", "HEARTBEAT")
    [seen] = pipeline.sightings(answer["receipt_id"])
    assert (seen.topic, json.loads(seen.body)["action"]) == ("heartbeat", "HEARTBEAT")


def test_the_reconciliation_shows_heartbeats_apart(observed: Observed) -> None:
    """By their profile: what is not the library's is in a row of its own."""
    endpoint = observed.pipeline.facts["endpoint_url"]
    done = run("reconcile", "--since=10m", "--output=json", f"--endpoint-url={endpoint}")
    profiles = json.loads(done.stdout)["profiles"]
    assert profiles["heartbeat"]["accepted"] >= 1


def test_a_heartbeat_without_a_secret_fails_loudly(observed: Observed) -> None:
    """Lambda reports an error, which is what the alarm counts."""
    aws, name = observed.pipeline.aws, "/alma-webhooks/dev/heartbeat/secret"
    secret = aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    aws.ssm.delete_parameter(Name=name)
    try:
        done = aws.functions.invoke(FunctionName=observed.stack.outputs["HeartbeatFunctionName"])
    finally:
        aws.ssm.put_parameter(Name=name, Value=secret, Type="SecureString")
    assert done["FunctionError"] == "Unhandled"
    assert "secret create heartbeat" in json.loads(done["Payload"].read())["errorMessage"]
