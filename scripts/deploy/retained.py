"""Find the resources that a deleted stack left behind, so that a new stack of the same name can import them.

CloudFormation's ImportExistingResources supports neither names made by functions nor queues, whose identifier is their
URL ("Import AWS resources into a CloudFormation stack automatically", AWS CloudFormation User Guide). So the resources
are listed one by one in a change set of the type IMPORT, whose template contains nothing else.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from botocore.exceptions import ClientError

from scripts.aws import mark
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.artefacts import bucket_exists

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ResourceToImportTypeDef

KEPT: Final = frozenset({"Retain", "RetainExceptOnCreate"})
"""The deletion policies of resources that outlive their stack."""


class Place(NamedTuple):
    """A stack's name, account and region, which the names of retained resources consist of, and its project."""

    stack: str
    account: str
    region: str
    project: str = mark.PROJECT
    partition: str = "aws"

    @classmethod
    def of(cls, aws: Aws, stack: str, project: str = mark.PROJECT) -> Self:
        """Return the place of a stack in the account and region of these clients."""
        identity, region = aws.sts.get_caller_identity(), aws.cloudformation.meta.region_name
        return cls(stack, identity["Account"], region, project, identity["Arn"].split(":")[1])

    @property
    def pseudo_parameters(self) -> dict[str, str]:
        """CloudFormation's parameters that the names of retained resources use."""
        return {"AWS::StackName": self.stack, "AWS::AccountId": self.account, "AWS::Region": self.region}

    @property
    def facts(self) -> dict[str, str]:
        """Stack, account and region."""
        return {"stack": self.stack, "account": self.account, "region": self.region}

    def facts_of_project(self, stage: str) -> dict[str, str]:
        """Return account, region, stage, stack and project."""
        facts = {"account": self.account, "region": self.region, "stage": stage}
        return {**facts, "stack": self.stack, "project": self.project}


class Retained(NamedTuple):
    """A resource that outlives the stack: logical id, type and physical name."""

    resource: str
    kind: str
    name: str


def of(template: Mapping[str, Any], place: Place) -> list[Retained]:
    """Return the resources that a template retains. Raise ConfigurationError for one without a predictable name."""
    return [
        Retained(resource, definition["Type"], _name(resource, definition, place))
        for resource, definition in template["Resources"].items()
        if isinstance(definition, dict) and definition.get("DeletionPolicy") in KEPT
    ]


def found(aws: Aws, template: Mapping[str, Any], place: Place) -> "list[ResourceToImportTypeDef]":
    """Return the retained resources that exist, with CloudFormation's identifiers.

    Raise RejectedError for a resource that does not carry this stack's tags.
    """
    there = [(each, _TYPES[each.kind].find(aws, each.name, place.account)) for each in of(template, place)]
    for each, existing in there:
        if existing:
            mark.check_resource(_TYPES[each.kind].noun, each.name, existing.tags, tags_of(template, place))
    return [
        {
            "ResourceType": each.kind,
            "LogicalResourceId": each.resource,
            "ResourceIdentifier": {_TYPES[each.kind].key: existing.identifier},
        }
        for each, existing in there
        if existing
    ]


def tags_of(template: Mapping[str, Any], place: Place) -> dict[str, str]:
    """Return the tags of the resources that a template retains. They name the part that its mark names."""
    return mark.tags(place.stack, place.project, mark.part_of_template(template))


def template_of(
    template: Mapping[str, Any], place: Place, resources: "list[ResourceToImportTypeDef]"
) -> dict[str, str]:
    """Return the template that imports these resources, as an argument for CloudFormation.

    Queues and log groups have only their name in it, so the next update detects their other properties as changes and
    sets them. Tables and buckets are assumed to match the template. Their tags, which `found` has checked, are spelled
    out: otherwise the next update would add them, which counts as a possible replacement of a bucket.
    """
    names = {each.resource: each.name for each in of(template, place)}
    body: dict[str, Any] = {"AWSTemplateFormatVersion": template["AWSTemplateFormatVersion"], "Resources": {}}
    if marked := template.get("Metadata", {}).get(mark.NAME):
        # An interrupted deployment leaves a stack with this template. With the parameter it shows its project too, and
        # for the update after it the value of the tag that comes from the parameter has not changed.
        body["Metadata"] = {mark.NAME: marked}
        body["Parameters"] = {"Project": {"Type": "String", "Default": place.project}}
    for resource in (each["LogicalResourceId"] for each in resources):
        definition = template["Resources"][resource]
        kind = _TYPES[definition["Type"]]
        tags = [{"Key": key, "Value": value} for key, value in tags_of(template, place).items()]
        kept = definition["Properties"] | {"Tags": tags} if kind.is_described_whole else {}
        body["Resources"][resource] = definition | {"Properties": kept | {kind.name: names[resource]}}
    return {"TemplateBody": json.dumps(body)}


def _name(resource: str, definition: Mapping[str, Any], place: Place) -> str:
    kind = _TYPES.get(definition["Type"])
    if kind is None:
        nouns = ", ".join(f"{each.noun}s" for each in _TYPES.values())
        raise ConfigurationError(
            f"The template retains {resource}, which is a {definition['Type']}: a later deployment can import only "
            f"{nouns}."
        )
    text = definition.get("Properties", {}).get(kind.name)
    text = text.get("Fn::Sub") if isinstance(text, dict) else text
    known = place.pseudo_parameters
    if not isinstance(text, str) or set(re.findall(r"\$\{([^}]*)\}", text)) - set(known):
        raise ConfigurationError(f"The template retains {resource}, but gives it no name to find it by later.")
    return re.sub(r"\$\{([^}]*)\}", lambda pseudo: known[pseudo[1]], text)


class _Existing(NamedTuple):
    """A resource that exists: how CloudFormation identifies it, and its tags."""

    identifier: str
    tags: dict[str, str]


def _queue(aws: Aws, name: str, _account: str) -> _Existing | None:
    try:
        url = aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except aws.sqs.exceptions.QueueDoesNotExist:
        return None
    return _Existing(url, aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {}))


def _table(aws: Aws, name: str, _account: str) -> _Existing | None:
    try:
        table = aws.dynamodb.describe_table(TableName=name)["Table"]
    except aws.dynamodb.exceptions.ResourceNotFoundException:
        return None
    pages = aws.dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=table["TableArn"])
    return _Existing(name, {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]})


def _bucket(aws: Aws, name: str, account: str) -> _Existing | None:
    if not bucket_exists(aws.s3, name, account, ": pass another --stack"):
        return None
    try:
        tags = aws.s3.get_bucket_tagging(Bucket=name, ExpectedBucketOwner=account)["TagSet"]
    except ClientError as error:
        if error.response["Error"].get("Code") == "NoSuchTagSet":
            return _Existing(name, {})
        raise
    return _Existing(name, {tag["Key"]: tag["Value"] for tag in tags})


def _log_group(aws: Aws, name: str, _account: str) -> _Existing | None:
    pages = aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    for group in (group for page in pages for group in page["logGroups"] if group["logGroupName"] == name):
        arn = group["arn"].removesuffix(":*")  # tags are asked for by the ARN without it
        return _Existing(name, aws.logs.list_tags_for_resource(resourceArn=arn).get("tags", {}))
    return None


class _Type(NamedTuple):
    """A resource type: its noun, its property for the name, the key of its identifier, and how to find it."""

    noun: str
    name: str
    key: str
    find: Callable[[Aws, str, str], _Existing | None]
    is_described_whole: bool = False


_TYPES: Final = {
    "AWS::SQS::Queue": _Type("queue", "QueueName", "QueueUrl", _queue),
    "AWS::DynamoDB::Table": _Type("table", "TableName", "TableName", _table, is_described_whole=True),
    "AWS::S3::Bucket": _Type("bucket", "BucketName", "BucketName", _bucket, is_described_whole=True),
    "AWS::Logs::LogGroup": _Type("log group", "LogGroupName", "LogGroupName", _log_group),
}
