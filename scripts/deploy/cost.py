"""Estimate what a stack costs a month besides its events. Calls no AWS API.

It is the alarms, the metrics, the dashboard, the key, the heartbeats and the polls of an empty queue. What events cost
is in docs/costs.md, with the same prices.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scripts.aws import alarm_tiers, mark, parameters, stack
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.parameters import TemplateBody
from scripts.deploy import conditions, expansion, part_cost, state_machines
from scripts.deploy.desired import DesiredStack
from scripts.deploy.state_machines import StateMachine

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

# USD a month in US East (N. Virginia). "Amazon CloudWatch Pricing", https://aws.amazon.com/cloudwatch/pricing/
METRIC: Final = 0.30
ALARM: Final = 0.10
COMPOSITE_ALARM: Final = 0.50
DASHBOARD: Final = 3.00
# "AWS Key Management Service Pricing", https://aws.amazon.com/kms/pricing/
KEY: Final = 1.00

# The free tier of an account, on the page of CloudWatch.
FREE_METRICS: Final = 10
FREE_ALARMS: Final = 10
FREE_DASHBOARDS: Final = 3

# Counted in docs/costs.md for the shipped routes and one Alma profile. Only the tier `full` sends them.
FUNCTION_METRICS: Final = 40
API_METRICS: Final = 6


class FixedItems(NamedTuple):
    """The number of things with a price a month. `alarm_metrics` are the metrics that alarms read."""

    alarm_metrics: int
    composite_alarms: int
    dashboards: int
    keys: int
    metrics: int


class MonthlyCost(NamedTuple):
    """USD a month, by list prices and in an account whose free tier nothing else uses."""

    list_price: float
    with_free_tier: float

    def plus(self, other: "MonthlyCost", factor: int = 1) -> "MonthlyCost":
        """Return the sum with `factor` times another cost."""
        return MonthlyCost(*(round(one + factor * more, 2) for one, more in zip(self, other, strict=True)))


# What a stack without events uses, by docs/costs.md: the polls of its queue, and the heartbeats.
IDLE: Final = MonthlyCost(0.44, 0.05)
TRACED_HEARTBEATS: Final = MonthlyCost(0.09, 0.00)

# The polls of the queue of notifications. Those of the webhook queue have used up most of the free requests.
IDLE_NOTIFICATIONS: Final = MonthlyCost(0.26, 0.13)

# The polls of a queue of a further part, when the free requests are used up.
IDLE_QUEUE: Final = MonthlyCost(0.26, 0.26)


class CostChange(NamedTuple):
    """The cost besides events before a deployment, None for a new stack, and after it."""

    before: MonthlyCost | None
    after: MonthlyCost

    @property
    def difference(self) -> MonthlyCost:
        """What the deployment adds; negative if it saves."""
        return self.after.plus(self.before or MonthlyCost(0, 0), -1)

    def as_data(self) -> dict[str, Any]:
        """Return the costs as JSON data."""
        before = self.before._asdict() if self.before else None
        return {"before": before, "after": self.after._asdict(), "difference": self.difference._asdict()}

    def line(self, *, is_emulated: bool = False) -> str:
        """Return one line for people: the difference, and both costs."""
        price, free = self.after
        listed = f"USD {price:.2f} a month" + (", unchanged" if self.before else "")
        reduced = f"{free:.2f} with AWS' free tier"
        if self.before and self.difference.list_price:
            listed = f"USD {self.difference.list_price:+.2f} a month: {self.before.list_price:.2f} → {price:.2f}"
        if self.before and self.difference.with_free_tier:
            change = f"{self.before.with_free_tier:.2f} → {free:.2f}"
            reduced = f"with AWS' free tier {self.difference.with_free_tier:+.2f}: {change}"
        where = "nothing on the emulator; on AWS " if is_emulated else ""
        return f"{where}{listed} ({reduced}); events cost extra"


def fixed_items(template: TemplateBody, tier: AlarmTier, **parameters: str) -> FixedItems:
    """Count the items of a tier in an expanded template with alarms. Raise ConfigurationError."""
    values = {alarm_tiers.PARAMETER: str(tier), "Emulated": "false", "AlarmEmail": "", **parameters}
    items = _items([*conditions.resources_in_force(template, values).values()], tier)
    return items._replace(metrics=items.metrics + (FUNCTION_METRICS + API_METRICS) * (tier is AlarmTier.full))


def _items(found: Sequence[Mapping[str, Any]], tier: AlarmTier) -> FixedItems:
    kinds = [each["Type"] for each in found]
    alarms = [each["Properties"] for each in found if each["Type"] == "AWS::CloudWatch::Alarm"]
    return FixedItems(
        sum(map(_metrics_read, alarms)),
        kinds.count("AWS::CloudWatch::CompositeAlarm"),
        kinds.count("AWS::CloudWatch::Dashboard"),
        kinds.count("AWS::KMS::Key"),
        len(_steady_metrics(found, alarms, is_full=tier is AlarmTier.full)),
    )


def monthly_cost(items: FixedItems) -> MonthlyCost:
    """Return what the items cost."""
    always = items.composite_alarms * COMPOSITE_ALARM + items.keys * KEY
    counts = (items.alarm_metrics, items.dashboards, items.metrics)
    prices, free = (ALARM, DASHBOARD, METRIC), (FREE_ALARMS, FREE_DASHBOARDS, FREE_METRICS)
    listed = sum(count * price for count, price in zip(counts, prices, strict=True))
    reduced = sum(max(0, count - less) * price for count, price, less in zip(counts, prices, free, strict=True))
    return MonthlyCost(round(listed + always, 2), round(reduced + always, 2))


def cost_change(
    templates: Sequence[TemplateBody], wanted: DesiredStack, described: "Sequence[StackTypeDef | None]"
) -> CostChange | None:
    """Return the cost before and after a deployment of what a project wants to the described stacks.

    Return None for a pipeline alone, without its observability stack.
    """
    if len(templates) == 1:
        return None
    pipeline, observability, *optional = templates
    outputs = stack.outputs_of(described[0])
    before = None
    if stack.outputs_of(described[1]):
        values = expansion.values_before(pipeline, described[0], outputs) | {"Alarms": alarm_tiers.tier_of(outputs)}
        there = [(one, stack.parameters_of(each)) for one, each in zip(optional, described[2:], strict=True) if each]
        before = _cost(observability, values, state_machines.of_stack(stack.state_machines_of(outputs)), there)
    names = ("Alarms", "Tracing", "Topics", "Profiles")
    values = {name: parameters.in_force(name, pipeline, wanted.values) for name in names}
    return CostChange(
        before, _cost(observability, values, wanted.state_machines, [(one, wanted.values) for one in optional])
    )


def _cost(
    template: TemplateBody,
    values: Mapping[str, str],
    machines: Sequence[StateMachine],
    optional: Iterable[tuple[TemplateBody, Mapping[str, str]]],
) -> MonthlyCost:
    """Return the cost besides events. `optional` has the templates and parameters of optional and further parts."""
    lists = {
        "Topics": values.get("Topics", ""),
        "AlmaProfiles": values.get("Profiles", ""),
        "StateMachines": state_machines.parameters(machines)["StateMachines"],
    }
    made = state_machines.added_to(expansion.expanded(template, lists), machines, {})
    tier = AlarmTier(values["Alarms"])
    tracing = values.get("Tracing")
    is_traced = tracing == "Active" or (tracing == "ByAlarms" and tier is AlarmTier.full)
    idle = IDLE.plus(TRACED_HEARTBEATS) if is_traced else IDLE
    items = fixed_items(made, tier)
    for one, chosen in optional:
        if mark.is_further(one):
            found = part_cost.resources_of(one, tier, chosen)
            more, idle = _items(found, tier), idle.plus(IDLE_QUEUE, part_cost.polled_queues(found))
        else:
            sent = {name: parameters.in_force(name, one, chosen) for name in ("AllowSms", "EmailIdentity")}
            counted = fixed_items(one, tier, AlarmStack="there", EmailConfigurationSet="", **sent)
            more, idle = FixedItems(counted.alarm_metrics, 0, 0, 0, 0), idle.plus(IDLE_NOTIFICATIONS)
        items = FixedItems(*map(sum, zip(items, more, strict=True)))
    return monthly_cost(items).plus(idle)


def _metrics_read(alarm: Mapping[str, Any]) -> int:
    return 1 if "MetricName" in alarm else sum("MetricStat" in part for part in alarm.get("Metrics", []))


def _steady_metrics(
    found: Sequence[Mapping[str, Any]], alarms: Sequence[Mapping[str, Any]], *, is_full: bool
) -> list[str]:
    """Return the metrics of filters that are sent all the time: with a default value, or expected by an alarm.

    CloudWatch charges the others only for the hours in which something is wrong.
    """
    filters = [each["Properties"] for each in found if each["Type"] == "AWS::Logs::MetricFilter"]
    counted = [one["MetricName"] for each in filters for one in each["MetricTransformations"]]
    expected = {alarm.get("MetricName") for alarm in alarms if alarm.get("TreatMissingData") == "breaching"}
    return [name for name in counted if is_full or name in expected]
