"""Every IAM request of the processor is in the record that the simulation of its role evaluates."""

import json
import sys
from pathlib import Path

import pytest
from boto3.dynamodb.types import TypeSerializer

from ingest import heartbeat
from ingest.envelope import pointer_to
from notifications.topics import Topic
from scripts.cli.product_files import PROJECT
from tests.end_to_end.running import Running
from tests.end_to_end.zipped_functions import aws_of, deployed, packages_of, queued, running_function, unpack
from tests.iam import record
from tests.notifications.fake_integrations import HASH
from tests.samples import body_of, envelope_of, record_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime client is published for Linux only")

OUTSIDE = {
    "topic": "arn:aws:sns:us-east-1:000000000000:theirs",
    "queue": "arn:aws:sqs:us-east-1:000000000000:theirs",
    "state_machine": "arn:aws:states:us-east-1:000000000000:stateMachine:theirs",
    "event_bus": "arn:aws:events:us-east-1:000000000000:event-bus/theirs",
    "function": "arn:aws:lambda:us-east-1:000000000000:function:theirs",
}
ENTRIES = [
    {"topic": "loan-created"},
    {"state_machine": "pod", "input": {"a": "b"}},
    *({kind: OUTSIDE[kind]} for kind in OUTSIDE),
    {"notification": "library/jobs"},
]
ROUTES = json.dumps(
    {"topics": ["loan-created"], "routes": [{"name": "all", "when": {"action": ["LOAN"]}, "deliver": ENTRIES}]}
)
MADE = {
    *("sns:Publish", "states:StartExecution", "sqs:SendMessage", "events:PutEvents", "lambda:InvokeFunction"),
    *(
        "dynamodb:PutItem",
        "dynamodb:GetItem",
        "sqs:GetQueueUrl",
        "s3:GetObject",
        "s3:PutObject",
        "sqs:ChangeMessageVisibility",
    ),
}


def with_notifications(running: Running) -> dict[str, str]:
    """Create the table with a topic and the queue, and return the variables with their names."""
    aws, stack = aws_of(running), running.facts["stack"]
    table, queue = f"{stack}-notifications-topics", f"{stack}-notifications-queue"
    aws.dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
    )
    entry = {"name": "team", "type": "slack", "model": "$profile", "configuration": {"url": {"ssm": "team"}}}
    topic = Topic.model_validate({"id": HASH, "channel": "library", "topic": "jobs", "integrations": [entry]})
    item = {name: TypeSerializer().serialize(value) for name, value in topic.item().items()}
    aws.dynamodb.put_item(TableName=table, Item=item)
    aws.sqs.create_queue(QueueName=queue)
    return {"NOTIFICATION_TOPICS_TABLE": table, "NOTIFICATIONS_QUEUE": queue}


def test_f77_the_record_has_every_request_of_the_processor(running: Running, tmp_path: Path) -> None:
    """It covers each kind of target, the heartbeat, large bodies, records, postponed messages and dead letters."""
    routes, calls = tmp_path / "routes.yaml", tmp_path / "calls"
    routes.write_text(ROUTES, "utf-8")
    calls.touch()
    task = unpack("processor", tmp_path, routes)
    (packages_of(task) / "tests").symlink_to(PROJECT / "tests")
    body = body_of("loan-created") + b"  "
    large = envelope_of(body + b" " * 300_000)
    pointer = pointer_to(large.body, deployed(running, "processor")["OVERFLOW_BUCKET"])
    aws_of(running).s3.put_object(Bucket=pointer.bucket, Key=pointer.key, Body=large.body)
    aws_of(running).sqs.create_queue(QueueName="theirs")
    newer = queued(body)
    newer["Records"][0]["messageAttributes"]["envelope_version"]["stringValue"] = "2"  # which is retried
    handler = "tests.end_to_end.recorded_handler.lambda_handler"
    names = with_notifications(running)
    with running_function(running, task, handler, IAM_CALLS=str(calls), **names) as processor:
        processor.invoke(queued(body))
        processor.invoke({"Records": [record_of(large, stored=pointer)]})
        processor.invoke(queued(b"not an event"))
        processor.invoke(newer)
        processor.invoke({"Records": [record_of(envelope_of(heartbeat.event_body(0.0), heartbeat.PROFILE))]})
    lines = calls.read_text("utf-8").splitlines()
    record.check(("processor",), lines)
    made = {json.loads(line)[0] for line in lines}
    assert made > MADE
