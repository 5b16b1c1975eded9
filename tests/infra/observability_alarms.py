"""The observability template's alarms, its loops unrolled, for tests. Judges nothing, resolves no parameter."""

import json
from collections.abc import Iterator
from typing import Any

from scripts.deploy.template import OBSERVABILITY, default_list, load

TEMPLATE = load(OBSERVABILITY)
ALARM_TYPES = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


PROFILES = tuple(default_list(load(), "Profiles"))


def resources(topics: list[str]) -> dict[str, dict[str, Any]]:
    """The template's resources by logical id, with those of Fn::ForEach for each name ("The Fn::ForEach function")."""
    return dict(_unrolled(TEMPLATE["Resources"], topics))


def alarms(topics: list[str], stack: str = "${AWS::StackName}") -> dict[str, dict[str, Any]]:
    """The alarms' properties by logical id; names and descriptions as plain text, with the stack's name in them."""
    found = {name: one for name, one in resources(topics).items() if one["Type"] in ALARM_TYPES}
    return {name: {**one["Properties"], **_texts(one["Properties"], stack)} for name, one in found.items()}


def watched(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics that an alarm reads: namespace, name and dimensions each; none for an alarm on other alarms."""
    if "MetricName" in alarm:
        return [alarm]
    return [part["MetricStat"]["Metric"] for part in alarm.get("Metrics", []) if "MetricStat" in part]


def _texts(alarm: dict[str, Any], stack: str) -> dict[str, str]:
    given = {name: alarm[name]["Fn::Sub"].replace("${AWS::StackName}", stack) for name in ("AlarmName",)}
    return {**given, "AlarmDescription": alarm["AlarmDescription"]["Fn::Sub"]}


def _unrolled(found: dict[str, Any], topics: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in found.items():
        if not name.startswith("Fn::ForEach::"):
            yield name, resource
            continue
        identifier, collection, body = resource
        lists = {"Topics": topics, "AlmaProfiles": list(PROFILES)}
        for value in lists[collection["Ref"]] if isinstance(collection, dict) else collection:
            key, made = next(iter(body.items()))
            text = json.dumps(made).replace(f"${{{identifier}}}", value)
            yield key.replace(f"&{{{identifier}}}", value).replace(f"${{{identifier}}}", value), json.loads(text)
