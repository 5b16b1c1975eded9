"""The contract of targets: the same tests for the fake and for topics and state machines by moto."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from processor.delivery import Delivery, StateMachineDelivery, TopicDelivery
from processor.errors import Permanent
from processor.outcomes import Outcome
from processor.overflow_bucket import OverflowBucket
from processor.targets.state_machines import StateMachines
from processor.targets.topics import Topics
from tests.processor.fake_target import FakeTarget

TOPIC = TopicDelivery("r", "known", "key", "{}", {"encoding": "utf-8"})
EXECUTION = StateMachineDelivery("r", "known", "key", "name", "{}")
HEARTBEAT = "arn:aws:sns:us-east-1:123456789012:stack-heartbeat"


def topics() -> Any:
    arn = boto3.client("sns").create_topic(Name="known")["TopicArn"]
    bucket = OverflowBucket(boto3.client("s3"), "bucket")
    return Topics(boto3.client("sns"), {"known": arn}, bucket, heartbeat=HEARTBEAT)


def state_machines() -> Any:
    role = "arn:aws:iam::123456789012:role/r"
    client = boto3.client("stepfunctions")
    made = client.create_state_machine(name="known", definition='{"StartAt": "a"}', roleArn=role)
    return StateMachines(client, {"known": made["stateMachineArn"]})


def fake() -> Any:
    return FakeTarget(arns={"known": "arn:aws:sns:us-east-1:123456789012:known"})


@pytest.fixture(params=[(fake, TOPIC), (topics, TOPIC), (state_machines, EXECUTION)], ids=["fake", "sns", "sfn"])
def case(request: pytest.FixtureRequest) -> tuple[Any, Delivery]:
    """A target, and a delivery for it."""
    make: Callable[[], Any]
    make, delivery = request.param
    return make(), delivery


def test_a_known_target_delivers(case: tuple[Any, Delivery]) -> None:
    """A delivery to a known target has the outcome delivered."""
    target, delivery = case
    assert target.deliver(delivery).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("name", ["unknown", "arn:aws"])
def test_an_unknown_target_is_permanent(case: tuple[Any, Delivery], name: str) -> None:
    """An unknown name or half an ARN is a permanent failure with route and target."""
    target, delivery = case
    with pytest.raises(Permanent) as raised:
        target.deliver(type(delivery)(**{**vars(delivery), "name": name}))
    failure = raised.value
    assert (failure.cause_class, failure.route, failure.target) == ("no-target", "r", f"{delivery.kind}:{name}")
