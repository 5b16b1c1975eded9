"""A stage with notifications in process: its queues, its table, and topics in it."""

from pathlib import Path
from typing import Any
from uuid import UUID

from boto3.dynamodb.types import TypeSerializer

from notifications.topics import Topic
from scripts.aws.stack import Stack
from scripts.doctor.check import Subject
from scripts.project.folder import Project
from scripts.project.models import ProjectFile
from tests.moto_resources import create_queue, create_table
from tests.scripts.deploy.stacks import mark_of
from tests.scripts.doctor.subjects import NAME

STACK = f"{NAME}-notifications"
PREFIX = "/alma-webhooks/dev/notifications/"
HASH = UUID("4c5f2f3e-8d1d-4c0b-9d55-0d6d1a3f0a11")
TEAM = {"name": "team", "type": "slack", "model": "$title is due", "configuration": {"url": {"ssm": "slack-team"}}}
MAIL = {
    "name": "mail",
    "type": "email",
    "model": "$title is due",
    "configuration": {"from": "Desk <desk@library.example>", "to": ["staff@library.example"], "subject": "Due"},
}
TEXT = {"name": "text", "type": "sms", "model": "$title is due", "configuration": {"to": "+4930123456"}}
FLOW = {"name": "flow", "type": "teams", "model": "$title is due", "configuration": {"url": {"ssm": "teams-flow"}}}


def with_notifications(subject: Subject, status: str = "CREATE_COMPLETE", **parameters: str) -> Subject:
    """Return the subject with a notifications stack, whose queues and table are created."""
    aws = subject.scope.aws
    urls = {
        output: create_queue(aws, f"{STACK}-{name}")
        for output, name in (("QueueUrl", "queue"), ("DeadLetterQueueUrl", "dead-letters"))
    }
    create_table(aws, f"{STACK}-topics", "Name")
    outputs = {
        **urls,
        "Mark": mark_of("notifications"),
        "TopicsTableName": f"{STACK}-topics",
        "SenderFunctionName": f"{STACK}-sender",
        "SenderLogGroupName": f"/aws/lambda/{STACK}-sender",
    }
    return subject._replace(notifications=Stack(STACK, outputs, parameters, status))


def stored(subject: Subject, *integrations: dict[str, Any], topic: str = "jobs", **more: Any) -> None:
    """Put a topic into the table."""
    members = {"id": HASH, "channel": "library", "topic": topic, "integrations": list(integrations)}
    item = Topic.model_validate(members).item() | more
    serialize = TypeSerializer().serialize
    serialized: Any = {name: serialize(value) for name, value in item.items()}
    subject.scope.aws.dynamodb.put_item(TableName=f"{STACK}-topics", Item=serialized)


def in_project(subject: Subject, folder: Path, *, notifications: bool = True, stack: str | None = None) -> Subject:
    """Return the subject with a project whose stage dev has notifications or not."""
    stage = {"notifications": notifications, "stack": stack}
    file = ProjectFile.model_validate({"schema": 1, "name": "library", "stages": {"dev": stage}})
    address = subject.scope.address._replace(project=Project(folder, file, "--project"))
    return subject._replace(scope=subject.scope._replace(address=address))
