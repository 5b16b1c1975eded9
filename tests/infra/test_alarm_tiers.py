"""The tiers of alarms: what each one has, and what it sends and costs."""

import json
from typing import Any, Final

import pytest

from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.template import OBSERVABILITY, load
from scripts.deploy.conditions import holds
from tests.infra.observability_alarms import TEMPLATE, alarms, alarms_of, resources, resources_of, watched

TOPICS: Final = ["loan-created", "loan-returned"]
PIPELINE: Final = load()
HEARTBEAT: Final = {
    "HeartbeatFunction",
    "HeartbeatLogGroup",
    "HeartbeatRole",
    "HeartbeatRule",
    "RuleMayInvokeHeartbeat",
}
ESSENTIAL: Final = {
    *("DeadLetters", "QueueAge", "ServerErrors", "Latency", "SustainedInvalidSignatures"),
    *("ThrottledRequests", "SignedNotFound", "Silence", "HeartbeatMissing"),
}
MOST_METRICS: Final = 10


def is_true(name: str, template: dict[str, Any], **values: str) -> bool:
    """Return whether a condition of a template holds for these parameters."""
    conditions: dict[str, Any] = template["Conditions"]
    return holds(conditions[name], conditions, values)


def test_the_default_is_essential_in_both_stacks() -> None:
    """The pipeline has the parameter, and the other stack takes the output of that name."""
    parameter = PIPELINE["Parameters"]["Alarms"]
    assert (parameter["Default"], parameter["AllowedValues"]) == ("essential", list(AlarmTier))
    assert PIPELINE["Outputs"]["Alarms"]["Value"] == {"Ref": "Alarms"}
    assert TEMPLATE["Parameters"]["Alarms"]["AllowedValues"] == list(AlarmTier)
    assert "Default" not in TEMPLATE["Parameters"]["Alarms"]


def test_full_has_every_resource() -> None:
    """The tier full leaves out nothing."""
    assert set(resources_of(AlarmTier.full, TOPICS)) == set(resources(TOPICS))


def test_none_has_only_the_heartbeat() -> None:
    """Without alarms there is no topic, key, filter or dashboard, but the heartbeat is sent."""
    assert set(resources_of(AlarmTier.none, TOPICS)) == HEARTBEAT


def test_essential_has_the_conditions_that_lose_events() -> None:
    """Its alarms are these nine, with the topic, but without a key, a dashboard and a composite alarm."""
    found = resources_of(AlarmTier.essential, TOPICS)
    assert set(alarms_of(found)) == ESSENTIAL
    others = set(found) - ESSENTIAL - HEARTBEAT
    filters = {"InvalidSignaturesFilter", "ThrottledRequestsFilter", "SignedNotFoundFilter", "AcceptedFilter"}
    assert others == {"AlarmTopic", "AlarmTopicPolicy", "AlarmSubscription", *filters}


def test_essential_reads_at_most_ten_metrics_for_any_number_of_topics() -> None:
    """Each metric that an alarm reads costs money."""
    for topics in ([], TOPICS, [f"topic-{number}" for number in range(50)]):
        found = alarms_of(resources_of(AlarmTier.essential, topics))
        assert sum(len(watched(alarm)) for alarm in found.values()) == MOST_METRICS


def test_essential_sends_no_custom_metric_in_a_quiet_hour() -> None:
    """Its filters have no default value and count no heartbeat, and the functions send no metrics."""
    for name, one in resources_of(AlarmTier.essential, TOPICS).items():
        if one["Type"] == "AWS::Logs::MetricFilter":
            [transformation] = one["Properties"]["MetricTransformations"]
            assert transformation["DefaultValue"] == {"Fn::If": ["IsFull", 0, {"Ref": "AWS::NoValue"}]}, name
    assert '$.profile != "heartbeat"' in resources(TOPICS)["AcceptedFilter"]["Properties"]["FilterPattern"]


def test_no_alarm_of_essential_reads_a_metric_of_the_functions() -> None:
    """Nor one of a filter that only full has."""
    found = resources_of(AlarmTier.essential, TOPICS)
    filters = [one["Properties"] for one in found.values() if one["Type"] == "AWS::Logs::MetricFilter"]
    counted = {one["MetricTransformations"][0]["MetricName"] for one in filters}
    for name, alarm in alarms_of(found).items():
        for metric in watched(alarm):
            assert metric["Namespace"] != "AlmaWebhooks", name
            if isinstance(metric["Namespace"], dict):
                assert metric["MetricName"] in counted, name


@pytest.mark.parametrize("tier", AlarmTier)
def test_only_full_sends_metrics_and_traces(tier: AlarmTier) -> None:
    """The functions' own metrics, the detailed ones of the API and, by default, traces follow the tier."""
    is_full = tier is AlarmTier.full
    assert is_true("IsFull", PIPELINE, Alarms=tier) is is_full
    found = PIPELINE["Resources"]
    for function in ("IngestFunction", "ProcessorFunction"):
        properties = found[function]["Properties"]
        assert properties["Environment"]["Variables"]["ALARMS"] == {"Ref": "Alarms"}
        assert properties["TracingConfig"] == {"Mode": {"Fn::If": ["SendsTraces", "Active", "PassThrough"]}}
    settings = found["ApiStage"]["Properties"]["DefaultRouteSettings"]
    assert settings["DetailedMetricsEnabled"] == {"Fn::If": ["IsFull", True, False]}
    default = PIPELINE["Parameters"]["Tracing"]["Default"]
    assert is_true("SendsTraces", PIPELINE, Alarms=tier, Tracing=default) is is_full
    assert is_true("SendsTraces", PIPELINE, Alarms=tier, Tracing="Active")
    assert not is_true("SendsTraces", PIPELINE, Alarms=tier, Tracing="PassThrough")


def references(value: Any) -> set[str]:
    """Return the logical ids that a part of a template refers to, apart from branches of Fn::If."""
    match value:
        case {"Fn::If": [_, *_]}:
            return set()
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case dict():
            return set().union(*map(references, value.values()))
        case list():
            return set().union(*map(references, value))
    return set()


@pytest.mark.parametrize("tier", AlarmTier)
def test_no_resource_or_output_refers_to_one_that_the_tier_lacks(tier: AlarmTier) -> None:
    """CloudFormation would reject the stack."""
    every, found = set(resources(TOPICS)), resources_of(tier, TOPICS)
    conditions = load(OBSERVABILITY)["Conditions"]
    values = {"Alarms": str(tier), "AlarmEmail": "", "Emulated": "false"}
    outputs = {
        name: one
        for name, one in TEMPLATE["Outputs"].items()
        if "Condition" not in one or holds(conditions[one["Condition"]], conditions, values)
    }
    for name, one in {**found, **outputs}.items():
        assert references(one) & every <= set(found), name
    assert "Mark" in outputs
    assert ("AlarmTopicArn" in outputs, "DashboardName" in outputs) == (tier != "none", tier == "full")


def test_alarms_of_all_tiers_have_the_same_names() -> None:
    """An update from one tier to another replaces no alarm: the logical ids and names are the same."""
    full = alarms(TOPICS)
    for tier in AlarmTier:
        for name, alarm in alarms_of(resources_of(tier, TOPICS)).items():
            assert json.dumps(alarm) == json.dumps(full[name])
