"""Delete what outlives a deleted stack: queues, tables, the bucket with all its versions, log groups, secrets."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.clients import Aws
from scripts.aws.errors import is_gone
from scripts.cli.exit_codes import FailedError

LOG_GROUP: Final = "AWS::Logs::LogGroup"
SECRET: Final = "AWS::SSM::Parameter"  # noqa: S105 -- a type
LOG_GROUPS: Final = ("IngestLogGroupName", "ProcessorLogGroupName", "ApiLogGroupName")
"""Outputs with the log groups of the stack itself, which a late line can create again."""

NOTIFICATION_LOG_GROUPS: Final = ("ProducerLogGroupName", "SenderLogGroupName", "ApiLogGroupName")
"""The same of the notifications stack."""

_QUEUE: Final = "AWS::SQS::Queue"
_BUCKET: Final = "AWS::S3::Bucket"
HOLDING: Final = frozenset({_QUEUE, _BUCKET})
"""The types that hold events and their bodies."""


class Leftover(NamedTuple):
    """A resource that the deletion of a stack leaves behind: its type and its name."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Return one phrase for people."""
        return f"{_TYPES[self.kind].noun if self.kind in _TYPES else self.kind} {self.name}"


def delete(aws: Aws, each: Leftover, account: str) -> bool:
    """Delete a resource, and return whether it existed. Raise FailedError, and botocore's errors."""
    if each.kind not in _TYPES:
        raise FailedError(f"this version cannot delete a resource of the type {each.kind}")
    try:
        _TYPES[each.kind].delete(aws, each.name, account)
    except ClientError as error:
        if is_gone(error) or error.response["Error"].get("Code") in {"NoSuchBucket", "ParameterNotFound"}:
            return False
        raise
    return True


def _delete_queue(aws: Aws, name: str, _account: str) -> None:
    aws.sqs.delete_queue(QueueUrl=aws.sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _delete_bucket(aws: Aws, name: str, account: str) -> None:
    """Delete a bucket with all versions of all objects. A page has at most 1,000, as many as one call deletes."""
    owned: Any = {"Bucket": name, "ExpectedBucketOwner": account}
    for page in aws.s3.get_paginator("list_object_versions").paginate(**owned):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        versions: Any = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        if versions:
            answer = aws.s3.delete_objects(**owned, Delete={"Objects": versions, "Quiet": True})
            if errors := answer.get("Errors"):
                raise FailedError(f"{len(errors)} of its objects were not deleted: {errors[0].get('Code')}")
    aws.s3.delete_bucket(**owned)


class _Type(NamedTuple):
    """A resource type: its noun, and how to delete one by its name in an account."""

    noun: str
    delete: Callable[[Aws, str, str], object]


_TYPES: Final = {
    _QUEUE: _Type("queue", _delete_queue),
    _BUCKET: _Type("bucket", _delete_bucket),
    "AWS::DynamoDB::Table": _Type("table", lambda aws, name, _: aws.dynamodb.delete_table(TableName=name)),
    LOG_GROUP: _Type("log group", lambda aws, name, _: aws.logs.delete_log_group(logGroupName=name)),
    SECRET: _Type("secret", lambda aws, name, _: aws.ssm.delete_parameter(Name=name)),
}
