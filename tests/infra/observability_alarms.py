"""The alarms of the observability template as they are deployed, with its loops expanded."""

from typing import Any

from scripts.aws.template import OBSERVABILITY, default_list, load
from scripts.deploy.expansion import expanded

TEMPLATE = load(OBSERVABILITY)
ALARM_TYPES = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


PROFILES = tuple(default_list(load(), "Profiles"))


def resources(topics: list[str]) -> dict[str, dict[str, Any]]:
    """Return the resources of the template by logical id, with the loops expanded for topics and default profiles."""
    lists = {"Topics": ",".join(topics), "AlmaProfiles": ",".join(PROFILES)}
    found: dict[str, dict[str, Any]] = expanded(TEMPLATE, lists)["Resources"]
    return found


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
    given = {name: alarm[name]["Fn::Sub"].replace("${AWS::StackName}", stack) for name in ("AlarmName",)}
    return {**given, "AlarmDescription": alarm["AlarmDescription"]["Fn::Sub"]}
