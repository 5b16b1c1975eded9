"""Estimate what a further part costs a month besides its events: its alarms, metrics, keys, and polls of its queues."""

from collections.abc import Mapping
from typing import Any, Final

from scripts.aws import alarm_tiers
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.parameters import TemplateBody
from scripts.deploy import conditions, expansion

_MAPPING: Final = "AWS::Lambda::EventSourceMapping"


def resources_of(template: TemplateBody, tier: AlarmTier, chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the resources that a tier has on AWS. Those whose condition cannot be evaluated here count as there."""
    rules = template["Parameters"].items()
    defaults = {name: str(rule["Default"]) for name, rule in rules if "Default" in rule}
    values = {**defaults, **chosen, alarm_tiers.PARAMETER: str(tier), "Emulated": "false", "AlarmStack": "there"}
    made = expansion.expanded(template, values)
    return [*conditions.resources_in_force(made, values, is_strict=False).values()]


def polled_queues(resources: list[dict[str, Any]]) -> int:
    """Return the number of queues that Lambda polls all the time."""
    return sum(one["Type"] == _MAPPING for one in resources)
