"""The alarms of the observability template as they are deployed, with its loops expanded."""

from typing import Any

from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.template import OBSERVABILITY, load
from scripts.deploy.conditions import resources_in_force
from tests.infra.complete_example import MACHINES, sent, without_mapping
from tests.infra.complete_example import PROFILES as PROFILES

TEMPLATE = load(OBSERVABILITY)
ALARM_TYPES = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


def resources(topics: list[str]) -> dict[str, dict[str, Any]]:
    """Return the resources of the template by logical id, expanded for these topics and the rest of the example."""
    found: dict[str, dict[str, Any]] = sent(OBSERVABILITY, Topics=",".join(topics))["Resources"]
    return found


def resources_of(tier: AlarmTier, topics: list[str], *, emulated: bool = False) -> dict[str, dict[str, Any]]:
    """Return the resources that a stack of this tier has, on AWS or on the emulator."""
    chosen = {"Alarms": tier, "AlarmEmail": "library@example.org", "Emulated": str(emulated).lower()}
    return resources_in_force({**TEMPLATE, "Resources": resources(topics)}, chosen)


def alarms(topics: list[str], stack: str = "${AWS::StackName}") -> dict[str, dict[str, Any]]:
    """Return the properties of the alarms by logical id, with names and descriptions as plain text."""
    return alarms_of(resources(topics), stack)


def alarms_of(found: dict[str, dict[str, Any]], stack: str = "${AWS::StackName}") -> dict[str, dict[str, Any]]:
    """Return the alarms among these resources, in the same format."""
    some = {name: one for name, one in found.items() if one["Type"] in ALARM_TYPES}
    return {name: {**one["Properties"], **_texts(one["Properties"], stack)} for name, one in some.items()}


def watched(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return namespace, name and dimensions of each metric that an alarm reads; a composite alarm reads none."""
    if "MetricName" in alarm:
        return [alarm]
    return [part["MetricStat"]["Metric"] for part in alarm.get("Metrics", []) if "MetricStat" in part]


def _texts(alarm: dict[str, Any], stack: str) -> dict[str, str]:
    found = without_mapping(alarm, {each.resource: {"Name": each.name, "Arn": each.arn} for each in MACHINES})
    name = found["AlarmName"]["Fn::Sub"].replace("${AWS::StackName}", stack)
    return {"AlarmName": name, "AlarmDescription": found["AlarmDescription"]["Fn::Sub"]}
