"""The observability template's alarms as they are deployed, its loops expanded, for tests. Judges nothing."""

from typing import Any

from scripts.aws.template import OBSERVABILITY, default_list, load
from scripts.deploy.expansion import expanded

TEMPLATE = load(OBSERVABILITY)
ALARM_TYPES = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


PROFILES = tuple(default_list(load(), "Profiles"))


def resources(topics: list[str]) -> dict[str, dict[str, Any]]:
    """The template's resources by logical id, with those of the loops for each topic and the default profiles."""
    lists = {"Topics": ",".join(topics), "AlmaProfiles": ",".join(PROFILES)}
    found: dict[str, dict[str, Any]] = expanded(TEMPLATE, lists)["Resources"]
    return found


def alarms(topics: list[str], stack: str = "${AWS::StackName}") -> dict[str, dict[str, Any]]:
    """The alarms' properties by logical id; names and descriptions as plain text, with the stack's name in them."""
    return alarms_of(resources(topics), stack)


def alarms_of(found: dict[str, dict[str, Any]], stack: str = "${AWS::StackName}") -> dict[str, dict[str, Any]]:
    """The alarms among these resources, in the same form."""
    some = {name: one for name, one in found.items() if one["Type"] in ALARM_TYPES}
    return {name: {**one["Properties"], **_texts(one["Properties"], stack)} for name, one in some.items()}


def watched(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics that an alarm reads: namespace, name and dimensions each; none for an alarm on other alarms."""
    if "MetricName" in alarm:
        return [alarm]
    return [part["MetricStat"]["Metric"] for part in alarm.get("Metrics", []) if "MetricStat" in part]


def _texts(alarm: dict[str, Any], stack: str) -> dict[str, str]:
    given = {name: alarm[name]["Fn::Sub"].replace("${AWS::StackName}", stack) for name in ("AlarmName",)}
    return {**given, "AlarmDescription": alarm["AlarmDescription"]["Fn::Sub"]}
