"""The AWS of the interleavings and moto's, with the same queues, tables and targets, for tests of both."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from tests.interleavings.calls import Network
from tests.interleavings.clients import Wire
from tests.interleavings.other_clients import DynamoDbClient, SnsClient, StepFunctionsClient
from tests.interleavings.services import (
    DEAD_LETTERS_URL,
    DELIVERIES,
    LOCKS,
    MACHINE_ARN,
    TOPIC_ARN,
    WEBHOOKS_URL,
    Services,
)
from tests.interleavings.sqs_client import SqsClient
from tests.mocked_aws import MockedAws
from tests.warm_clients import WarmSession

MOST_RECEIVES = 2


class Aws(NamedTuple):
    """Clients, and what they work on."""

    sqs: Any
    dynamodb: Any
    sns: Any
    states: Any
    webhooks: str
    dead_letters: str
    deliveries: str
    locks: str
    topic: str
    machine: str


def in_memory() -> Aws:
    """Return the clients of the interleavings, whose calls never fail."""
    wire = Wire(Network(), Services.made(MOST_RECEIVES, 30.0))
    sqs, dynamodb, sns, states = (
        client(wire, 1, 0.0) for client in (SqsClient, DynamoDbClient, SnsClient, StepFunctionsClient)
    )
    return Aws(sqs, dynamodb, sns, states, WEBHOOKS_URL, DEAD_LETTERS_URL, DELIVERIES, LOCKS, TOPIC_ARN, MACHINE_ARN)


def by_moto() -> Aws:
    """Return clients of moto, with everything created."""
    session = WarmSession("us-east-1")
    sqs, dynamodb, sns, states = (session.client(name) for name in ("sqs", "dynamodb", "sns", "stepfunctions"))
    dead = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MOST_RECEIVES})
    webhooks = sqs.create_queue(QueueName="webhooks", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    for name in (DELIVERIES, LOCKS):
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
    topic = sns.create_topic(Name="loans")["TopicArn"]
    definition = json.dumps({"StartAt": "end", "States": {"end": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/jobs"
    machine = states.create_state_machine(name="jobs", definition=definition, roleArn=role)["stateMachineArn"]
    return Aws(sqs, dynamodb, sns, states, webhooks, dead, DELIVERIES, LOCKS, topic, machine)


@pytest.fixture(params=["memory", "moto"])
def aws(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Give both, one after the other."""
    if request.param == "memory":
        yield in_memory()
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with MockedAws():
        yield by_moto()


def code_of(call: Callable[..., object], **parameters: Any) -> str:
    """Return the code of the error, or an empty string."""
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"].rpartition(".")[2]
    return ""
