"""A healthy stack in process, as far as moto supports it; tests break it."""

import json

import pytest

from scripts.aws.context import StackContext
from scripts.doctor.check import Subject
from tests.moto_resources import create_log_group, create_queue, create_topic
from tests.scripts.doctor.subjects import NAME, PREFIX, subject_of

STATE_MACHINES = ("pod", "timdex", "bursar")


@pytest.fixture
def subject(scope: StackContext) -> Subject:
    """A stack with two profiles, both queues, the log of ingest and the topic of the heartbeat."""
    aws = scope.aws
    create_topic(aws, f"{NAME}-heartbeat")
    queues = {name: create_queue(aws, name) for name in ("webhooks", "dead-letters")}
    create_log_group(aws, "ingest", "s")
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
