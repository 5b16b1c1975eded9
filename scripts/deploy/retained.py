"""What a deleted stack has left behind: finds it, so that a new stack of the same name takes it up. Takes nothing up.

CloudFormation's own way, ImportExistingResources, takes no names made by functions, and no queues, whose identifier is
their URL ("Import AWS resources into a CloudFormation stack automatically", AWS CloudFormation User Guide). So they are
named one by one, in a change set of the type IMPORT, whose template has them and nothing else.
"""

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.deploy.aws import Aws
from scripts.errors import ConfigurationError, RefusedError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ResourceToImportTypeDef

_KEPT: Final = frozenset({"Retain", "RetainExceptOnCreate"})


class Place(NamedTuple):
    """Where a stack is, which is all that the names of what outlives it may depend on."""

    stack: str
    account: str
    region: str


class Retained(NamedTuple):
    """A resource that outlives the stack: logical id, type and its own name."""

    resource: str
    kind: str
    name: str


def of(template: Mapping[str, Any], place: Place) -> list[Retained]:
    """All that a template keeps. Raises ConfigurationError for one without a name that could be found again."""
    return [
        Retained(resource, definition["Type"], _name(resource, definition, place))
        for resource, definition in template["Resources"].items()
        if isinstance(definition, dict) and definition.get("DeletionPolicy") in _KEPT
    ]


def found(aws: Aws, template: Mapping[str, Any], place: Place) -> "list[ResourceToImportTypeDef]":
    """What is there of it, as CloudFormation identifies it. Raises RefusedError for a bucket of somebody else's."""
    identified = [(each, _TYPES[each.kind].identifier(aws, each.name, place.account)) for each in of(template, place)]
    return [
        {
            "ResourceType": each.kind,
            "LogicalResourceId": each.resource,
            "ResourceIdentifier": {_TYPES[each.kind].key: identifier},
        }
        for each, identifier in identified
        if identifier
    ]


def template_of(
    template: Mapping[str, Any], place: Place, resources: "list[ResourceToImportTypeDef]"
) -> dict[str, str]:
    """The template that takes these up, as CloudFormation is given it.

    Of a queue and a log group it has the name alone: the rest of what they have to be the next update then sees as a
    change, and sets. A table or a bucket is believed to be what the template says.
    """
    names = {each.resource: each.name for each in of(template, place)}
    body: dict[str, Any] = {"AWSTemplateFormatVersion": template["AWSTemplateFormatVersion"], "Resources": {}}
    for resource in (each["LogicalResourceId"] for each in resources):
        definition = template["Resources"][resource]
        kind = _TYPES[definition["Type"]]
        kept = definition["Properties"] if kind.is_described_whole else {}
        properties = kept | {kind.name: names[resource]}
        body["Resources"][resource] = definition | {"Properties": properties}
    return {"TemplateBody": json.dumps(body)}


def _name(resource: str, definition: Mapping[str, Any], place: Place) -> str:
    kind = _TYPES.get(definition["Type"])
    text = definition.get("Properties", {}).get(kind.name) if kind else None
    text = text.get("Fn::Sub") if isinstance(text, dict) else text
    known = {"AWS::StackName": place.stack, "AWS::AccountId": place.account, "AWS::Region": place.region}
    if not isinstance(text, str) or set(re.findall(r"\$\{([^}]*)\}", text)) - set(known):
        raise ConfigurationError(f"The template keeps {resource}, but gives it no name that could be found again.")
    return re.sub(r"\$\{([^}]*)\}", lambda pseudo: known[pseudo[1]], text)


def _queue(aws: Aws, name: str, _account: str) -> str | None:
    try:
        return aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except aws.sqs.exceptions.QueueDoesNotExist:
        return None


def _table(aws: Aws, name: str, _account: str) -> str | None:
    try:
        return aws.dynamodb.describe_table(TableName=name)["Table"]["TableName"]
    except aws.dynamodb.exceptions.ResourceNotFoundException:
        return None


def _bucket(aws: Aws, name: str, account: str) -> str | None:
    try:
        aws.s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status == HTTPStatus.FORBIDDEN:
            told = f"The bucket {name} is another account's, or you may not use it: take another --stack."
            raise RefusedError(told) from None
        raise
    return name


def _log_group(aws: Aws, name: str, _account: str) -> str | None:
    pages = aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    return next((name for page in pages for group in page["logGroups"] if group["logGroupName"] == name), None)


class _Type(NamedTuple):
    """How a type of resource is found: its property for the name, its identifier's key, and the identifier by name."""

    name: str
    key: str
    identifier: Callable[[Aws, str, str], str | None]
    is_described_whole: bool = False


_TYPES: Final = {
    "AWS::SQS::Queue": _Type("QueueName", "QueueUrl", _queue),
    "AWS::DynamoDB::Table": _Type("TableName", "TableName", _table, is_described_whole=True),
    "AWS::S3::Bucket": _Type("BucketName", "BucketName", _bucket, is_described_whole=True),
    "AWS::Logs::LogGroup": _Type("LogGroupName", "LogGroupName", _log_group),
}
