"""The fixed monthly cost of a tier of alarms, and the line that a deployment prints."""

from pathlib import Path
from typing import Any

import pytest

from processor.routing.compile import compile_routes
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.deploy.cost import FixedItems, MonthlyCost, cost_change, fixed_items, monthly_cost
from scripts.deploy.desired import DesiredStack
from tests.scripts.deploy.stacks import described

ROUTES = "routes: [{name: a, deliver: [{topic: t1}]}]"
TEMPLATES = [load(PIPELINE), load(OBSERVABILITY)]


def test_the_free_tier_covers_ten_alarms_ten_metrics_and_three_dashboards() -> None:
    """It covers no composite alarm and no key."""
    assert monthly_cost(FixedItems(10, 0, 0, 0, 10)) == MonthlyCost(4.00, 0.00)
    assert monthly_cost(FixedItems(11, 1, 4, 1, 12)) == MonthlyCost(18.20, 5.20)


def test_nothing_costs_nothing() -> None:
    """The free tier makes no cost negative."""
    assert monthly_cost(FixedItems(0, 0, 0, 0, 0)) == MonthlyCost(0, 0)


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def filtered(name: str) -> dict[str, Any]:
    return resource("Logs::MetricFilter", MetricTransformations=[{"MetricName": name}])


def test_items_are_counted_from_the_template() -> None:
    """Each metric of an alarm counts. A filter's metric counts if it is expected, or has a default value in full."""
    template = {
        "Conditions": {"IsFull": {"Fn::Equals": [{"Ref": "Alarms"}, "full"]}},
        "Resources": {
            "One": resource("CloudWatch::Alarm", MetricName="Trouble", TreatMissingData="notBreaching"),
            "Silence": resource("CloudWatch::Alarm", MetricName="Accepted", TreatMissingData="breaching"),
            "Both": resource(
                "CloudWatch::Alarm",
                Metrics=[{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "a + b"}],
                TreatMissingData="notBreaching",
            ),
            "Trouble": filtered("Trouble"),
            "Accepted": filtered("Accepted"),
            "Page": {**resource("CloudWatch::CompositeAlarm"), "Condition": "IsFull"},
            "Board": {**resource("CloudWatch::Dashboard"), "Condition": "IsFull"},
            "Key": {**resource("KMS::Key"), "Condition": "IsFull"},
        },
    }
    assert fixed_items(template, AlarmTier.essential) == FixedItems(4, 0, 0, 0, 1)
    assert fixed_items(template, AlarmTier.full) == FixedItems(4, 1, 1, 1, 48)


def wanted(chosen: dict[str, str]) -> DesiredStack:
    """Return what the minimal project of the tests wants, with twenty topics unless others are chosen."""
    topics = ",".join(f"t{number}" for number in range(20))
    values = {"Topics": topics, "Profiles": "alma"} | chosen
    return DesiredStack(values, compile_routes(ROUTES), Path("routes.yaml"), (), {})


def line(chosen: dict[str, str], *stacks: dict[str, Any]) -> str:
    """Return the line for these chosen parameters and deployed stacks."""
    some: list[Any] = [one["Stacks"][0] for one in stacks] or [None, None]
    change = cost_change(TEMPLATES, wanted(chosen), some)
    assert change
    return change.line


def deployed(**outputs: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two stacks with two topics."""
    pipeline = described("UPDATE_COMPLETE", {"Topics": "one,two", **outputs}, Profiles="alma")
    return pipeline, described("UPDATE_COMPLETE", {"Mark": "x"})


@pytest.mark.parametrize(
    ("tier", "cost"), [("none", "0.00"), ("essential", "1.30"), ("full", "29.00")], ids=lambda value: value
)
def test_a_new_stack_costs_what_its_tier_costs(tier: str, cost: str) -> None:
    """The counts are those of the templates, for the default topics and profile."""
    assert line({"Alarms": tier}).startswith(f"alarms and metrics cost USD {cost} a month (USD ")


def test_the_default_tier_costs_nothing_within_the_free_tier() -> None:
    """Both prices are shown."""
    assert line({}) == ("alarms and metrics cost USD 1.30 a month (USD 0.00 with AWS' free tier); events cost extra")


def test_a_change_of_the_tier_shows_both_costs() -> None:
    """A stack older than the tiers has all alarms. Each topic has three."""
    changed = "alarms and metrics cost USD 23.60 -> 1.30 a month (USD 16.60 -> 0.00 with AWS' free tier)"
    assert line({"Alarms": "essential"}, *deployed()).startswith(changed)
    unchanged = "alarms and metrics cost USD 23.60 a month"
    assert line({"Alarms": "full", "Topics": "one,two"}, *deployed(Alarms="full")).startswith(unchanged)


def test_more_topics_cost_more_only_in_full() -> None:
    """Each has three alarms there, and none in essential."""
    assert "USD 23.60 -> 23.90 a month" in line({"Alarms": "full", "Topics": "one,two,three"}, *deployed(Alarms="full"))
    essential = deployed(Alarms="essential")
    assert "USD 1.30 a month" in line({"Alarms": "essential", "Topics": "one,two,three"}, *essential)
