"""The fixed monthly cost of a tier of alarms, and the line that a deployment prints."""

from pathlib import Path
from typing import Any

import pytest

from processor.routing.compile import compile_routes
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.template import NOTIFICATIONS, OBSERVABILITY, PIPELINE, load
from scripts.deploy.cost import CostChange, FixedItems, MonthlyCost, cost_change, fixed_items, monthly_cost
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
    return change.line()


def deployed(tracing: str = "", **outputs: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two stacks with two topics."""
    parameters = {"Tracing": tracing} if tracing else {}
    pipeline = described("UPDATE_COMPLETE", {"Topics": "one,two", **outputs}, Profiles="alma", **parameters)
    return pipeline, described("UPDATE_COMPLETE", {"Mark": "x"})


@pytest.mark.parametrize(
    ("tier", "cost"), [("none", "0.44"), ("essential", "1.74"), ("full", "29.53")], ids=lambda value: value
)
def test_a_new_stack_costs_what_its_tier_costs(tier: str, cost: str) -> None:
    """The counts are those of the templates, for the default topics and profile; heartbeats and polls are included."""
    assert line({"Alarms": tier}).startswith(f"USD {cost} a month (")


def test_the_default_tier_costs_cents_within_the_free_tier() -> None:
    """Both prices are shown."""
    assert line({}) == "USD 1.74 a month (0.05 with AWS' free tier); events cost extra"


def test_a_change_of_the_tier_shows_the_difference_and_both_costs() -> None:
    """A stack older than the tiers has all alarms. Each topic has three. Its traces were those of the tier too."""
    changed = "USD -22.39 a month: 24.13 → 1.74 (with AWS' free tier -16.60: 16.65 → 0.05); events cost extra"
    assert line({"Alarms": "essential"}, *deployed(tracing="ByAlarms")) == changed
    same = line({"Alarms": "full", "Topics": "one,two"}, *deployed(Alarms="full", tracing="ByAlarms"))
    assert same == "USD 24.13 a month, unchanged (16.65 with AWS' free tier); events cost extra"


def test_traces_of_heartbeats_cost_nine_cents() -> None:
    """If they are chosen, or come with the tier full."""
    off = line({"Alarms": "essential", "Tracing": "PassThrough"}, *deployed(Alarms="essential", tracing="Active"))
    assert off.startswith("USD -0.09 a month: 1.83 → 1.74 (0.05 with AWS' free tier)")
    assert line({"Alarms": "full", "Tracing": "PassThrough"}).startswith("USD 29.44 a month")


def test_the_difference_is_data_too() -> None:
    """The costs before and after are those of the whole stack; a new one had none before."""
    before, after = MonthlyCost(1.74, 0.05), MonthlyCost(24.13, 16.65)
    assert CostChange(before, after).as_data() == {
        "before": {"list_price": 1.74, "with_free_tier": 0.05},
        "after": {"list_price": 24.13, "with_free_tier": 16.65},
        "difference": {"list_price": 22.39, "with_free_tier": 16.6},
    }
    new = CostChange(None, after)
    assert (new.as_data()["before"], new.difference) == (None, after)


def test_the_emulator_costs_nothing() -> None:
    """The line says what the stack would cost on AWS."""
    found = CostChange(None, MonthlyCost(1.74, 0.05)).line(is_emulated=True)
    assert found.startswith("nothing on the emulator; on AWS USD 1.74 a month (")


def test_more_topics_cost_more_only_in_full() -> None:
    """Each has three alarms there, and none in essential."""
    full = deployed(Alarms="full", tracing="ByAlarms")
    assert line({"Alarms": "full", "Topics": "one,two,three"}, *full).startswith(
        "USD +0.30 a month: 24.13 → 24.43 (with AWS' free tier +0.30: "
    )
    essential = deployed(Alarms="essential")
    assert "USD 1.74 a month, unchanged" in line({"Alarms": "essential", "Topics": "one,two,three"}, *essential)


@pytest.mark.parametrize(
    ("tier", "sms", "email", "list_price", "with_free_tier"),
    [
        ("none", "true", "library.example", 0.26, 0.13),
        ("essential", "false", "", 0.56, 0.43),
        ("essential", "true", "", 0.66, 0.53),
        ("essential", "true", "library.example", 0.76, 0.63),
    ],
)
def test_notifications_cost_their_alarms_and_the_polls_of_their_queue(
    tier: str, sms: str, email: str, list_price: float, with_free_tier: float
) -> None:
    """The free alarms of the account are used up by those of the pipeline, and most of the free requests too."""
    chosen = wanted({"Alarms": tier, "AllowSms": sms, "EmailIdentity": email})
    without = cost_change(TEMPLATES, chosen, [None, None])
    change = cost_change([*TEMPLATES, load(NOTIFICATIONS)], chosen, [None, None, None])
    assert change
    assert without
    assert change.after.plus(without.after, -1) == MonthlyCost(list_price, with_free_tier)
