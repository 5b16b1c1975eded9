"""What a further part costs a month besides its events."""

from typing import Any

from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.template import OBSERVABILITY, PIPELINE, load, parse
from scripts.deploy import part_cost
from scripts.deploy.cost import IDLE_QUEUE, cost_change
from scripts.deploy.part_template import QueueIds, completed
from tests.further_part import TEMPLATE
from tests.scripts.deploy.test_cost import deployed, wanted

SHELF = completed(parse(TEMPLATE, "shelf.yaml"), "shelf", [QueueIds("returns", "ReturnQueue", "ReturnDeadLetterQueue")])


def cost(*more: Any, tier: str = "essential") -> float:
    """Return the list price of a deployment with these templates besides the product's."""
    templates = [load(PIPELINE), load(OBSERVABILITY), *more]
    found = cost_change(templates, wanted({"Alarms": tier}), [None] * len(templates))
    assert found
    return found.after.list_price


def test_its_alarms_and_the_polls_of_its_queue_are_counted() -> None:
    """Three metrics of two alarms at USD 0.10, and one mapping; without alarms only the mapping."""
    assert round(cost(SHELF) - cost(), 2) == round(0.30 + IDLE_QUEUE.list_price, 2)
    assert round(cost(SHELF, tier="none") - cost(tier="none"), 2) == IDLE_QUEUE.list_price


def test_keys_metrics_and_dashboards_of_the_library_count_too() -> None:
    """Alarms of its own may lack what those of the product have."""
    own = parse(TEMPLATE, "shelf.yaml")
    own["Resources"] |= {
        "Key": {"Type": "AWS::KMS::Key"},
        "Own": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "a"}},
    }
    assert round(cost(completed(own, "shelf", [])) - cost(), 2) == round(1.10 + IDLE_QUEUE.list_price, 2)


def test_a_condition_that_only_aws_can_evaluate_counts_as_true() -> None:
    """The estimate does not reject a deployment."""
    own = parse(TEMPLATE, "shelf.yaml")
    own["Conditions"] = {"Odd": {"Fn::Equals": [{"Ref": "TopicArnPrefix"}, ""]}, "No": {"Fn::Equals": ["a", "b"]}}
    own["Resources"] = {
        "Key": {"Type": "AWS::KMS::Key", "Condition": "Odd"},
        "Other": {"Type": "AWS::KMS::Key", "Condition": "No"},
    }
    found = part_cost.resources_of(completed(own, "shelf", []), AlarmTier.full, {})
    assert [each.get("Condition") for each in found] == ["Odd"]


def test_the_cost_before_is_that_of_the_deployed_part() -> None:
    """A part that is added costs more than before; one that is there does not."""
    templates = [load(PIPELINE), load(OBSERVABILITY), SHELF]
    pipeline, observability = (each["Stacks"][0] for each in deployed(Alarms="essential"))
    part: Any = {**observability, "Parameters": []}
    change = wanted({"Alarms": "essential", "Topics": "one,two"})
    added, same = (cost_change(templates, change, [pipeline, observability, each]) for each in (None, part))
    assert added
    assert same
    assert (added.difference.list_price, same.difference.list_price) == (0.56, 0.0)
