"""A healthy stack in process, as far as moto supports it; tests break it."""

import json

import pytest

from scripts.aws.context import StackContext
from scripts.doctor.check import Subject
from tests.scripts.doctor.subjects import NAME, PREFIX, subject_of

STATE_MACHINES = ("pod", "timdex", "bursar")


@pytest.fixture
def subject(scope: StackContext) -> Subject:
    """A stack with two profiles, both queues, the log of ingest and the topic of the heartbeat."""
    aws = scope.aws
    aws.sns.create_topic(Name=f"{NAME}-heartbeat")
    queues = {name: aws.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("webhooks", "dead-letters")}
    aws.logs.create_log_group(logGroupName="ingest")
    aws.logs.create_log_stream(logGroupName="ingest", logStreamName="s")
    arns = {name: f"arn:aws:states:us-east-1:123456789012:stateMachine:{name}" for name in STATE_MACHINES}
    return subject_of(
        scope,
        {
            "QueueUrl": queues["webhooks"],
            "DeadLetterQueueUrl": queues["dead-letters"],
            "IngestLogGroupName": "ingest",
            "ProcessorLogGroupName": "processor",
            "ProcessorFunctionName": "processor",
            "Topics": "",
            "TopicArnPrefix": PREFIX,
            "StateMachineArns": json.dumps(arns),
        },
    )
