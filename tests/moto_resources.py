"""Create what most tests begin with in moto itself: one call of AWS takes longer than all of it."""

import json
from collections.abc import Mapping
from typing import Any, Final

import moto.backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from scripts.aws.clients import Aws

_DAYS: Final = 86400


def create_queue(aws: Aws, name: str, *, dead_letters: str = "", retention_days: int = 4) -> str:
    """Create a queue, if wanted with the name of its dead-letter queue, and return its URL."""
    region = aws.session.region_name
    attributes = {"MessageRetentionPeriod": str(retention_days * _DAYS)}
    if dead_letters:
        arn = f"arn:aws:sqs:{region}:{DEFAULT_ACCOUNT_ID}:{dead_letters}"
        attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 8})
    _backend("sqs", region).create_queue(name, {}, **attributes)
    return f"https://sqs.{region}.amazonaws.com/{DEFAULT_ACCOUNT_ID}/{name}"


def create_message(aws: Aws, queue_url: str, body: str, texts: Mapping[str, str]) -> str:
    """Create a message with these attributes, all texts, on a queue, and return its ID."""
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    queues = _backend("sqs", aws.session.region_name)
    return str(queues.send_message(queue_url.rpartition("/")[2], body, message_attributes=attributes).id)


def create_table(aws: Aws, name: str, key: str = "id") -> None:
    """Create a table of DynamoDB with this key, a text."""
    names = ("throughput", "global_indexes", "indexes", "streams", "sse_specification", "warm_throughput")
    _backend("dynamodb", aws.session.region_name).create_table(
        name,
        schema=[{"AttributeName": key, "KeyType": "HASH"}],
        attr=[{"AttributeName": key, "AttributeType": "S"}],
        billing_mode="PAY_PER_REQUEST",
        tags=[],
        deletion_protection_enabled=False,
        **dict.fromkeys(names),
    )


def create_log_group(aws: Aws, name: str, *streams: str, retention_days: int | None = None) -> None:
    """Create a log group with these streams, by default one that keeps its lines forever."""
    logs = _backend("logs", aws.session.region_name)
    logs.create_log_group(name, {})
    for stream in streams:
        logs.create_log_stream(name, stream)
    if retention_days:
        logs.put_retention_policy(name, retention_days)


def create_topic(aws: Aws, name: str) -> None:
    """Create a topic of SNS."""
    _backend("sns", aws.session.region_name).create_topic(name)


def create_bucket(aws: Aws, name: str) -> None:
    """Create a bucket."""
    _backend("s3", "aws").create_bucket(name, aws.session.region_name)


def _backend(service: str, region: str) -> Any:
    """Return the resources of a service. Those of S3 are in a region for all."""
    return moto.backends.get_backend(service)[DEFAULT_ACCOUNT_ID][region]  # type: ignore[call-overload] # any service
