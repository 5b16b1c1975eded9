"""Targets: what AWS gets for a delivery, and what its errors mean. SNS and Step Functions are moto's."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from processor.delivery import StateMachineDelivery, TopicDelivery
from processor.errors import Permanent, Transient
from processor.outcomes import Outcome
from processor.targets import StateMachines, Topics

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient

TOPIC = TopicDelivery("loans", "t", "key", '{"title": "ü"}', {"action": "LOAN", "encoding": "utf-8"})
EXECUTION = StateMachineDelivery("pod", "pod", "key", "pod-0123", '{"a": "1"}')
MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:stack-pod"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS in process; invented keys, so that nothing could reach a real account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


@pytest.fixture
def sns() -> "SNSClient":
    """A client of SNS."""
    return boto3.client("sns")


@pytest.fixture
def states() -> "SFNClient":
    """A client of Step Functions."""
    return boto3.client("stepfunctions")


def subscribed_topic(sns: "SNSClient") -> tuple[str, Any]:
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    topic = sns.create_topic(Name="stack-t")["TopicArn"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, lambda: json.loads(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"])


def test_a_topic_publishes_the_message_with_its_attributes(sns: "SNSClient") -> None:
    """A subscriber gets the text as it is and the attributes as strings."""
    topic, received = subscribed_topic(sns)
    assert Topics(sns, {"t": topic}).deliver(TOPIC).outcome is Outcome.DELIVERED
    notification = received()
    assert notification["Message"] == TOPIC.message
    assert notification["MessageAttributes"] == {
        "action": {"Type": "String", "Value": "LOAN"},
        "encoding": {"Type": "String", "Value": "utf-8"},
    }


def test_a_full_arn_works_like_a_name(sns: "SNSClient") -> None:
    """Routes may name a topic outside the stack."""
    topic, received = subscribed_topic(sns)
    assert Topics(sns, {}).deliver(TopicDelivery("r", topic, "key", "text", {"a": "b"})).outcome is Outcome.DELIVERED
    assert received()["Message"] == "text"


def make_state_machine(states: "SFNClient") -> str:
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/states"
    return states.create_state_machine(name="stack-pod", definition=definition, roleArn=role)["stateMachineArn"]


def test_an_execution_is_started_with_name_and_input(states: "SFNClient") -> None:
    """The execution has the planned name and input, and its ARN is known afterwards."""
    arn = make_state_machine(states)
    sent = StateMachines(states, {"pod": arn}).deliver(EXECUTION)
    assert sent.outcome is Outcome.DELIVERED
    execution = states.describe_execution(executionArn=sent.execution)
    assert (execution["name"], execution["input"]) == ("pod-0123", '{"a": "1"}')


def test_an_execution_that_exists_is_a_duplicate() -> None:
    """A second start under one name is no error and starts nothing; its ARN is the first one's."""
    client = boto3.client("stepfunctions")
    with Stubber(client) as stub:
        stub.add_client_error("start_execution", "ExecutionAlreadyExists", "Execution Already Exists")
        sent = StateMachines(client, {"pod": MACHINE_ARN}).deliver(EXECUTION)
    assert sent == (Outcome.DUPLICATE, "arn:aws:states:us-east-1:123456789012:execution:stack-pod:pod-0123")


def test_a_name_that_the_stack_does_not_have_is_permanent(sns: "SNSClient", states: "SFNClient") -> None:
    """An unknown target is a dead letter of the class no-target, naming route and target."""
    for target, delivery in ((Topics(sns, {}), TOPIC), (StateMachines(states, {}), EXECUTION)):
        with pytest.raises(Permanent) as refused:
            target.deliver(delivery)  # type: ignore[arg-type]  # the loop pairs them rightly
        assert (refused.value.category, refused.value.target) == ("no-target", delivery.target)
        assert refused.value.route == delivery.route


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        ("NotFound", Permanent),
        ("AuthorizationError", Permanent),
        ("InvalidParameter", Permanent),
        ("Throttled", Transient),
        ("InternalError", Transient),
        ("KMSThrottling", Transient),
        ("SomethingNew", Transient),
    ],
)
def test_errors_of_sns(sns: "SNSClient", code: str, decision: type[Exception]) -> None:
    """What would be refused for ever is permanent, everything else may pass; AWS' own words are not repeated."""
    with Stubber(sns) as stub:
        stub.add_client_error("publish", code, "patron-4711 was here")
        with pytest.raises(decision, match=f"AWS answered {code}") as failed:
            Topics(sns, {"t": "arn:aws:sns:us-east-1:123456789012:t"}).deliver(TOPIC)
    assert "patron" not in str(failed.value)


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        ("StateMachineDoesNotExist", Permanent),
        ("InvalidExecutionInput", Permanent),
        ("AccessDeniedException", Permanent),
        ("ExecutionLimitExceeded", Transient),
        ("ThrottlingException", Transient),
    ],
)
def test_errors_of_step_functions(states: "SFNClient", code: str, decision: type[Exception]) -> None:
    """A limit that was reached may pass; a state machine that is not there stays away."""
    with Stubber(states) as stub:
        stub.add_client_error("start_execution", code)
        with pytest.raises(decision, match=code):
            StateMachines(states, {"pod": MACHINE_ARN}).deliver(EXECUTION)


def test_an_aws_that_cannot_be_reached_is_transient() -> None:
    """No answer is a reason to try again."""

    class Unreachable:
        def publish(self, **_: Any) -> None:
            raise ConnectTimeoutError(endpoint_url="http://127.0.0.1:1")

    with pytest.raises(Transient, match="ConnectTimeoutError"):
        Topics(Unreachable(), {"t": "arn:aws:sns:x"}).deliver(TOPIC)  # type: ignore[arg-type]  # the part that is used
