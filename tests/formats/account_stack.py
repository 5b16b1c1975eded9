"""The stack of the test account: its outputs, resources, routes and executions."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

STACK: Final = "alma-webhooks-dev"
TOPIC: Final = "loan-created"
ROUTES: Final = """topics: [loan-created]
state_machines: {pod: {arn: "arn:aws:states:us-east-1:123456789012:stateMachine:alma-webhooks-dev-pod"}}
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: jobs, when: {action: [JOB_END]}, deliver: [{state_machine: pod}]}
  - {name: loans, when: {action: [LOAN]}, deliver: [{topic: "{{ event.value | slug }}"}]}
"""
ROUTES_DIGEST: Final = hashlib.sha256(ROUTES.encode()).hexdigest()

_PLACE: Final = "us-east-1:123456789012"
STATE_MACHINE: Final = f"arn:aws:states:{_PLACE}:stateMachine:{STACK}-pod"
_NOW: Final = datetime.now(UTC).replace(microsecond=0)


def _execution(name: str, status: str, **more: Any) -> dict[str, Any]:
    stopped = _NOW - timedelta(hours=1)
    return {
        "executionArn": f"{STATE_MACHINE.replace(':stateMachine:', ':execution:')}:{name}",
        "stateMachineArn": STATE_MACHINE,
        "name": name,
        "status": status,
        "startDate": stopped - timedelta(minutes=1),
        "stopDate": stopped,
        "error": "States.TaskFailed",
        "cause": "invented",
        "redriveCount": 0,
        "redriveStatus": "REDRIVABLE",
    } | more


EXECUTIONS: Final = [
    _execution("pod-1", "FAILED"),
    _execution("pod-2", "TIMED_OUT", error="", redriveStatus="NOT_REDRIVABLE", redriveStatusReason="Too old"),
]

_OUTPUTS: Final = {
    "Mark": json.dumps({"product": "alma-webhooks", "part": "pipeline", "project": "alma-webhooks", "version": "1"}),
    "Stage": "dev",
    "CodeBucket": "code",
    "RoutesDigest": ROUTES_DIGEST,
    "ApiId": "invented",
    "WebhookUrlBase": "http://127.0.0.1:9/webhooks/",  # nothing listens here
    "Sentry": "off",
    "Profiles": "heartbeat,alma",
    "AlmaProfiles": "alma",
    # With the margin of 10 s a rotation waits for nothing, though the dates of answers lack fractions of a second.
    "SecretLifetimeSeconds": "-11",
    "QueueName": f"{STACK}-webhooks",
    "DeadLetterQueueName": f"{STACK}-dead-letters",
    "OverflowBucketName": "overflow",
    "DeliveriesTableName": "deliveries",
    "LocksTableName": "locks",
    "IssuesTableName": "issues",
    "AuditLogGroupName": "audit",
    "Topics": TOPIC,
    "TopicArnPrefix": f"arn:aws:sns:{_PLACE}:{STACK}-",
    "TopicNamePrefix": f"{STACK}-",
    "StateMachineArns": json.dumps({"pod": STATE_MACHINE}),
    "IngestFunctionName": "ingest",
    "ProcessorFunctionName": "processor",
    "IngestLogGroupName": "ingest",
    "ProcessorLogGroupName": "processor",
    "ApiLogGroupName": "api",
}

_QUEUES: Final = {"QueueUrl": f"{STACK}-webhooks", "DeadLetterQueueUrl": f"{STACK}-dead-letters"}

NOTIFICATIONS: Final = f"{STACK}-notifications"
_NOTIFICATIONS_QUEUES: Final = {
    "QueueUrl": f"{NOTIFICATIONS}-queue",
    "DeadLetterQueueUrl": f"{NOTIFICATIONS}-dead-letters",
}


def outputs() -> dict[str, str]:
    """Return the outputs of the stack."""
    return _OUTPUTS | _urls(_QUEUES)


def notifications_outputs() -> dict[str, str]:
    """Return the outputs of the notifications stack."""
    mark = {"product": "alma-webhooks", "part": "notifications", "project": "alma-webhooks", "version": "1"}
    others = {
        "Mark": json.dumps(mark),
        "ApiId": "invented",
        "NotificationUrlBase": "http://127.0.0.1:9/v1/notifications/",
        "TopicsTableName": f"{NOTIFICATIONS}-topics",
        "SendingsTableName": "sendings",
        "ProducerLogGroupName": "producer",
        "SenderLogGroupName": "sender",
    }
    return others | _urls(_NOTIFICATIONS_QUEUES)


def _urls(queues: dict[str, str]) -> dict[str, str]:
    return {output: f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}" for output, name in queues.items()}


def create(client: Any) -> None:
    """Create the resources of the stack; `client` makes a client of a service."""
    for queues in (_QUEUES, _NOTIFICATIONS_QUEUES):
        policy = {"deadLetterTargetArn": f"arn:aws:sqs:{_PLACE}:{queues['DeadLetterQueueUrl']}", "maxReceiveCount": 8}
        for output in reversed(queues):
            redrive = {"RedrivePolicy": json.dumps(policy)} if output == "QueueUrl" else {}
            client("sqs").create_queue(
                QueueName=queues[output], Attributes={"MessageRetentionPeriod": "1209600"} | redrive
            )
    for name in ("audit", "ingest", "processor", "api"):
        client("logs").create_log_group(logGroupName=name)
        client("logs").put_retention_policy(logGroupName=name, retentionInDays=90)
    for name in ("heartbeat", TOPIC):
        client("sns").create_topic(Name=f"{STACK}-{name}")
    for name, key in (
        ("deliveries", "id"),
        ("locks", "id"),
        ("issues", "id"),
        ("sendings", "id"),
        (f"{NOTIFICATIONS}-topics", "Name"),
    ):
        client("dynamodb").create_table(TableName=name, **_table(key))
    for name in ("overflow", "code"):
        client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket="code", Key=f"routes/{ROUTES_DIGEST}.yaml", Body=ROUTES.encode())


def _table(key: str) -> dict[str, Any]:
    return {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
    }
