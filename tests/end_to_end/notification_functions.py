"""What the producer and the sender need in an emulator without their stack: tables, queues, a key and a topic."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from boto3.dynamodb.types import TypeSerializer

from notifications.topics import Topic
from scripts.aws.clients import Aws
from scripts.aws.template import NOTIFICATIONS, load

KEY: Final = "a-key-of-the-runtime-client"
PHONE: Final = "+4930123456"
TOPIC: Final = Topic.model_validate(
    {
        "id": UUID("4c5f2f3e-8d1d-4c0b-9d55-0d6d1a3f0a11"),
        "channel": "library",
        "topic": "jobs",
        "integrations": [{"name": "desk", "type": "sms", "model": "Job $title", "configuration": {"to": PHONE}}],
    }
)

_TEMPLATE: Final = load(NOTIFICATIONS)
_RESOURCES: Final = _TEMPLATE["Resources"]
_STORES: Final = "runtime-client"


def environment_of(aws: Aws, name: str) -> dict[str, str]:
    """Return the environment that the template gives to a function, with stores that are made if they are missing."""
    values = {
        **{table: _table(aws, table) for table in _named("AWS::DynamoDB::Table")},
        **{
            queue: aws.sqs.create_queue(QueueName=f"{_STORES}-{queue}")["QueueUrl"]
            for queue in _named("AWS::SQS::Queue")
        },
        "Stage": "dev",
        "Alarms": "full",
        "Emulated": "true",
    }
    parameter = "/alma-webhooks/dev/notifications/api-key"
    aws.ssm.put_parameter(Name=parameter, Value=KEY, Type="SecureString", Overwrite=True)
    item = {member: TypeSerializer().serialize(value) for member, value in TOPIC.item().items()}
    aws.dynamodb.put_item(TableName=values["TopicsTable"], Item=item)
    variables = _RESOURCES[f"{name.title()}Function"]["Properties"]["Environment"]["Variables"]
    return {variable: _value(given, values) for variable, given in variables.items()}


def handler_of(name: str) -> str:
    """Return the handler of a function."""
    return str(_RESOURCES[f"{name.title()}Function"]["Properties"]["Handler"])


def _named(kind: str) -> list[str]:
    return [name for name, resource in _RESOURCES.items() if resource["Type"] == kind]


def _table(aws: Aws, name: str) -> str:
    properties = _RESOURCES[name]["Properties"]
    members = {member: properties[member] for member in ("BillingMode", "AttributeDefinitions", "KeySchema")}
    with suppress(aws.dynamodb.exceptions.ResourceInUseException):
        aws.dynamodb.create_table(TableName=f"{_STORES}-{name}", **members)
    return f"{_STORES}-{name}"


def _value(given: Any, values: Mapping[str, str]) -> str:
    """Return the value of a variable: a text, a reference, the default of a parameter, or an empty list."""
    if isinstance(given, str):
        return given
    name = given.get("Ref", "")
    return values.get(name) or str(_TEMPLATE["Parameters"].get(name, {}).get("Default", ""))
