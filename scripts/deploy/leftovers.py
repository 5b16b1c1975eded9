"""Delete what outlives a deleted stack: queues, tables, the bucket with all its versions, log groups, secrets."""

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
_TABLE: Final = "AWS::DynamoDB::Table"
HOLDING: Final = frozenset({_QUEUE, _BUCKET})
"""The types that hold events and their bodies."""

_NOUNS: Final = {
    _QUEUE: "queue",
    _BUCKET: "bucket",
    _TABLE: "table",
    LOG_GROUP: "log group",
    SECRET: "secret",  # pragma: allowlist secret -- the noun of its kind
}


class Leftover(NamedTuple):
    """A resource that the deletion of a stack leaves behind: its type and its name."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Return one phrase for people."""
        return f"{_NOUNS.get(self.kind, self.kind)} {self.name}"


def delete(aws: Aws, each: Leftover, account: str) -> bool:
    """Delete a resource, and return whether it existed. Raise FailedError, and botocore's errors."""
    try:
        _delete(aws, each, account)
    except ClientError as error:
        if is_gone(error) or error.response["Error"].get("Code") in {"NoSuchBucket", "ParameterNotFound"}:
            return False
        raise
    return True


def _delete(aws: Aws, each: Leftover, account: str) -> None:
    if each.kind == _QUEUE:
        aws.sqs.delete_queue(QueueUrl=aws.sqs.get_queue_url(QueueName=each.name)["QueueUrl"])
    elif each.kind == _TABLE:
        aws.dynamodb.delete_table(TableName=each.name)
    elif each.kind == _BUCKET:
        _empty(aws, each.name, account)
        aws.s3.delete_bucket(Bucket=each.name, ExpectedBucketOwner=account)
    elif each.kind == LOG_GROUP:
        aws.logs.delete_log_group(logGroupName=each.name)
    elif each.kind == SECRET:
        aws.ssm.delete_parameter(Name=each.name)
    else:
        raise FailedError(f"this version cannot delete a resource of the type {each.kind}")


def _empty(aws: Aws, bucket: str, account: str) -> None:
    """Delete all versions of all objects. A page has at most 1,000 of them, as many as one call deletes."""
    owned: Any = {"Bucket": bucket, "ExpectedBucketOwner": account}
    for page in aws.s3.get_paginator("list_object_versions").paginate(**owned):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        versions: Any = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        if versions:
            answer = aws.s3.delete_objects(**owned, Delete={"Objects": versions, "Quiet": True})
            if errors := answer.get("Errors"):
                raise FailedError(f"{len(errors)} of its objects were not deleted: {errors[0].get('Code')}")
