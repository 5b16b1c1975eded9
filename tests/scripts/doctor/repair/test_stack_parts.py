"""Test that references to removed resources are replaced with their values."""

from typing import Any

import pytest

from scripts.cli.exit_codes import FailedError
from scripts.doctor.repair.stack_parts import StackResource, StackResources, with_companions, without

QUEUE = StackResource("Queue", "AWS::SQS::Queue", "https://sqs.eu-central-1.amazonaws.com/123456789012/s-webhooks")
TOPIC = StackResource("Topic", "AWS::SNS::Topic", "arn:aws:sns:eu-central-1:123456789012:s-alarms")
ALARM = StackResource("Age", "AWS::CloudWatch::Alarm", "s-age")
POLICY = StackResource("Policy", "AWS::SNS::TopicPolicy", "p")
QUEUE_POLICY = StackResource("QueuePolicy", "AWS::SQS::QueuePolicy", "q")
FUNCTION = StackResource("Function", "AWS::Lambda::Function", "s-f")
QUEUE_ARN = "arn:aws:sqs:eu-central-1:123456789012:s-webhooks"


def stack(**resources: dict[str, Any]) -> StackResources:
    """A stack with resources that have these properties, and a topic and a queue."""
    template = {
        "Parameters": {"P": {"Type": "String"}},
        "Resources": {
            name: {"Type": "X", "Properties": properties}
            for name, properties in {"Queue": {}, "Topic": {}, **resources}.items()
        },
        "Outputs": {"Url": {"Value": {"Ref": "Queue"}}},
    }
    return StackResources("s", template, (QUEUE, TOPIC, ALARM, POLICY, QUEUE_POLICY, FUNCTION))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Queue"}, QUEUE.physical),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, QUEUE_ARN),
        ({"Fn::GetAtt": "Queue.QueueName"}, "s-webhooks"),
        ([{"Ref": "Topic"}, {"Ref": "P"}], [TOPIC.physical, {"Ref": "P"}]),
        ({"Fn::GetAtt": ["Topic", "TopicName"]}, "s-alarms"),
        ({"Fn::Sub": "${Queue.Arn}/${P}/${AWS::Region}"}, {"Fn::Sub": f"{QUEUE_ARN}/${{P}}/${{AWS::Region}}"}),
        (
            {"Fn::Sub": ["${X} ${Topic}", {"X": {"Ref": "Queue"}}]},
            {"Fn::Sub": [f"${{X}} {TOPIC.physical}", {"X": QUEUE.physical}]},
        ),
        ({"Fn::GetAtt": ["Function", "Arn"]}, {"Fn::GetAtt": ["Function", "Arn"]}),
    ],
)
def test_a_reference_is_replaced_with_its_value(value: Any, expected: Any) -> None:
    """All reference functions of CloudFormation are covered; references to other resources stay."""
    found = without(stack(Function={"Value": value}), [QUEUE, TOPIC], "eu-central-1", "123456789012")
    assert found["Resources"] == {"Function": {"Type": "X", "Properties": {"Value": expected}}}
    assert found["Outputs"] == {"Url": {"Value": QUEUE.physical}}
    assert found["Parameters"] == {"P": {"Type": "String"}}


def test_depends_on_omits_removed_resources() -> None:
    """DependsOn may be a name or a list of names."""
    resources = stack(Function={})
    resource = {"Type": "X", "DependsOn": ["Queue", "Topic"]}
    resources = resources._replace(template={"Resources": {"A": resource, "B": {"Type": "X", "DependsOn": "Queue"}}})
    found = without(resources, [QUEUE], "r", "1")["Resources"]
    assert (found["A"]["DependsOn"], found["B"]["DependsOn"]) == (["Topic"], [])


def test_an_unknown_value_is_an_error() -> None:
    """No value is guessed."""
    with pytest.raises(FailedError, match=r"Topic\.Secret is unknown"):
        without(stack(Function={"V": {"Fn::GetAtt": ["Topic", "Secret"]}}), [TOPIC], "r", "1")


def test_policies_and_subscriptions_go_with_their_topic_or_queue() -> None:
    """AWS deleted them with it; a function that refers to it stays."""
    resources = stack(
        Policy={"Topics": [{"Ref": "Topic"}]},
        QueuePolicy={"Queues": [{"Ref": "Queue"}]},
        Function={"Topic": {"Ref": "Topic"}},
    )
    assert with_companions(resources, [TOPIC]) == [TOPIC, POLICY]
    assert with_companions(resources, [QUEUE]) == [QUEUE, QUEUE_POLICY]
    assert with_companions(resources, [ALARM]) == [ALARM]
