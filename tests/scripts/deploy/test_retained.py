"""What a deleted stack has left: found by its names, named as CloudFormation identifies it. AWS is in process."""

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws import mark
from scripts.aws.clients import Aws
from scripts.aws.template import NOTIFICATIONS, load
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.deploy import retained
from scripts.deploy.retained import Place
from tests.scripts.deploy.stacks import tags_of

PLACE = Place("stack", "123456789012", "us-east-1")
TEMPLATE = load()
TAGS = tags_of("stack")
TAG_LIST: Any = [{"Key": key, "Value": value} for key, value in TAGS.items()]
BUCKET = "stack-123456789012-us-east-1"


def make_all(aws: Aws) -> str:
    """Everything that the pipeline leaves; the webhook queue's address."""
    url = aws.sqs.create_queue(QueueName="stack-webhooks", tags=TAGS)["QueueUrl"]
    aws.sqs.create_queue(QueueName="stack-dead-letters", tags=TAGS)
    aws.s3.create_bucket(Bucket=BUCKET)
    aws.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": TAG_LIST})
    aws.dynamodb.create_table(
        TableName="stack-deliveries",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        Tags=TAG_LIST,
    )
    aws.logs.create_log_group(logGroupName="/alma-webhooks/stack/audit", tags=TAGS)
    return url


def test_nothing_is_found_where_nothing_was_left(aws: Aws) -> None:
    """No stack was here before."""
    assert retained.found(aws, TEMPLATE, PLACE) == []


def test_f52_what_was_left_is_found(aws: Aws) -> None:
    """Queues by their address, the bucket and the table by their name."""
    url = make_all(aws)
    found = {each["LogicalResourceId"]: each for each in retained.found(aws, TEMPLATE, PLACE)}
    assert set(found) == {"WebhookQueue", "DeadLetterQueue", "OverflowBucket", "DeliveriesTable", "AuditLogGroup"}
    assert found["WebhookQueue"]["ResourceIdentifier"] == {"QueueUrl": url}
    assert found["OverflowBucket"]["ResourceIdentifier"] == {"BucketName": "stack-123456789012-us-east-1"}
    assert found["DeliveriesTable"]["ResourceIdentifier"] == {"TableName": "stack-deliveries"}


def test_what_another_stack_left_is_not_taken(aws: Aws) -> None:
    """Names belong to their stack."""
    make_all(aws)
    assert retained.found(aws, TEMPLATE, PLACE._replace(stack="stack-2")) == []


def test_a_bucket_of_another_account_is_refused(aws: Aws) -> None:
    """Bodies would go to strangers."""
    template = {"Resources": {"OverflowBucket": TEMPLATE["Resources"]["OverflowBucket"]}}
    name = "stack-123456789012-us-east-1"
    asked = {"Bucket": name, "ExpectedBucketOwner": "123456789012"}
    with Stubber(aws.s3) as stub:
        stub.add_client_error("head_bucket", "403", http_status_code=403, expected_params=asked)
        with pytest.raises(RejectedError, match=f"Bucket {name} belongs to another account"):
            retained.found(aws, template, PLACE)


def test_the_template_that_takes_up_needs_nothing_else(aws: Aws) -> None:
    """Names spelled out, no parameters, no references; queues by their name alone, so that the update sets the rest."""
    make_all(aws)
    found = retained.found(aws, TEMPLATE, PLACE)
    template: dict[str, Any] = json.loads(retained.template_of(TEMPLATE, PLACE, found)["TemplateBody"])
    assert set(template) == {"AWSTemplateFormatVersion", "Metadata", "Parameters", "Resources"}
    assert template["Parameters"]["Project"]["Default"] == "alma-webhooks"
    assert template["Metadata"] == {"Mark": TEMPLATE["Metadata"]["Mark"]}, "an interrupted deployment is recognized"
    assert set(template["Resources"]) == {each["LogicalResourceId"] for each in found}
    assert template["Resources"]["WebhookQueue"] == {
        "Type": "AWS::SQS::Queue",
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"QueueName": "stack-webhooks"},
    }
    assert template["Resources"]["DeliveriesTable"]["Properties"]["KeySchema"]
    described = [template["Resources"][name]["Properties"]["Tags"] for name in ("DeliveriesTable", "OverflowBucket")]
    assert described == [TAG_LIST, TAG_LIST], "as they are, so that the update after it replaces neither"
    assert "Ref" not in json.dumps(template)
    assert "Fn::" not in json.dumps(template)


def test_a_log_group_is_found_by_its_whole_name(aws: Aws) -> None:
    """Not by a longer one that begins alike."""
    group = {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain"}
    template = {"Resources": {"Audit": group | {"Properties": {"LogGroupName": {"Fn::Sub": "/${AWS::StackName}/a"}}}}}

    class Logs:
        def get_paginator(self, _name: str) -> "Logs":
            return self

        def paginate(self, **_: str) -> list[dict[str, list[dict[str, str]]]]:
            return [{"logGroups": [{"logGroupName": name, "arn": f"arn:{name}:*"} for name in names]}]

        def list_tags_for_resource(self, resourceArn: str) -> dict[str, dict[str, str]]:  # noqa: N803 -- boto3's name
            return {"tags": TAGS if resourceArn == "arn:/stack/a" else {}}

    aws.__dict__["logs"] = Logs()
    names = ["/stack/another"]
    assert retained.found(aws, template, PLACE) == []
    names.append("/stack/a")
    assert [each["ResourceIdentifier"] for each in retained.found(aws, template, PLACE)] == [
        {"LogGroupName": "/stack/a"}
    ]


@pytest.mark.parametrize("name", [None, {"Fn::Sub": "${Stage}-x"}, {"Ref": "Name"}])
def test_what_could_not_be_found_again_is_refused(name: Any) -> None:
    """A template that keeps something must name it by stack, account and region."""
    properties = {"QueueName": name} if name else {}
    queue = {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain", "Properties": properties}
    with pytest.raises(ConfigurationError, match="The template retains Queue, but gives it no name"):
        retained.of({"Resources": {"Queue": queue}}, PLACE)


def make_foreign(aws: Aws, kind: str, tags: dict[str, str]) -> None:
    """One resource with a name that the pipeline would use, and these tags."""
    tag_list: Any = [{"Key": key, "Value": value} for key, value in tags.items()]
    if kind == "queue":
        aws.sqs.create_queue(QueueName="stack-webhooks", tags=tags)
    elif kind == "log group":
        aws.logs.create_log_group(logGroupName="/alma-webhooks/stack/audit", tags=tags)
    elif kind == "bucket":
        aws.s3.create_bucket(Bucket=BUCKET)
        if tags:
            aws.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tag_list})
    else:
        aws.dynamodb.create_table(
            TableName="stack-locks",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            Tags=tag_list,
        )


@pytest.mark.parametrize("kind", sorted({each.noun for each in retained._TYPES.values()}))
@pytest.mark.parametrize(
    "tags",
    [{}, tags_of("other"), tags_of("stack", project="other"), tags_of("stack", part="observability")],
    ids=["none", "stack", "project", "part"],
)
def test_f55_a_kept_resource_without_the_mark_is_rejected(kind: str, tags: dict[str, str], aws: Aws) -> None:
    """Every type of resource that is kept; the sentence names it and says what to do."""
    make_foreign(aws, kind, tags)
    with pytest.raises(RejectedError, match=f"^The {kind} .*stack.* exists, but its tags do not say.*--stack"):
        retained.found(aws, TEMPLATE, PLACE)


def test_f55_every_kept_resource_gets_the_tags_by_which_it_is_taken_up() -> None:
    """The template tags what it keeps; a new one without tags could never be taken up again."""
    expected = {**tags_of("stack"), "alma-webhooks:project": {"Ref": "Project"}}
    expected["alma-webhooks:stack"] = {"Ref": "AWS::StackName"}
    for each in retained.of(TEMPLATE, PLACE):
        tags = {tag["Key"]: tag["Value"] for tag in TEMPLATE["Resources"][each.resource]["Properties"]["Tags"]}
        assert tags | expected == tags, each.resource


def test_f52_a_notifications_stack_takes_up_what_carries_the_tags_of_its_part(aws: Aws) -> None:
    """A queue with the tags of a pipeline of that name is not its own, and the template to import has its tags."""
    template, place = load(NOTIFICATIONS), PLACE._replace(stack="stack-notifications")
    tags = mark.tags("stack-notifications", part="notifications")
    aws.sqs.create_queue(QueueName="stack-notifications-queue", tags=tags)
    aws.dynamodb.create_table(
        TableName="stack-notifications-topics",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    found = retained.found(aws, template, place)
    assert [each["LogicalResourceId"] for each in found] == ["NotificationQueue", "TopicsTable"]
    body = json.loads(retained.template_of(template, place, found)["TemplateBody"])
    [part] = [each["Value"] for each in body["Resources"]["TopicsTable"]["Properties"]["Tags"] if "part" in each["Key"]]
    assert (part, body["Metadata"]["Mark"]["part"]) == ("notifications", "notifications")
    aws.sqs.create_queue(QueueName="stack-notifications-dead-letters", tags=tags_of("stack-notifications"))
    with pytest.raises(RejectedError, match=r"missing or different: alma-webhooks:part"):
        retained.found(aws, template, place)


def test_a_retained_resource_of_another_type_is_an_error() -> None:
    """A later stack of the name could not import it."""
    template = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain", "Properties": {}}}}
    with pytest.raises(
        ConfigurationError, match="retains Key, which is a AWS::KMS::Key: a later deployment can import"
    ):
        retained.of(template, PLACE)
