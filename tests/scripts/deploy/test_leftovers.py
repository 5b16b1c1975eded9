"""Deleting what a stack leaves behind, by type. AWS is moto."""

import pytest

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import FailedError
from scripts.deploy.leftovers import LOG_GROUP, SECRET, Leftover, delete

ACCOUNT = "123456789012"
KINDS = {
    "AWS::SQS::Queue": "queue left",
    "AWS::DynamoDB::Table": "table left",
    "AWS::S3::Bucket": "bucket left",
    LOG_GROUP: "log group left",
    SECRET: "secret left",
}


def made(aws: Aws) -> None:
    """One resource of each type, all with the same name."""
    aws.sqs.create_queue(QueueName="left")
    aws.dynamodb.create_table(
        TableName="left",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
    )
    aws.s3.create_bucket(Bucket="left")
    aws.s3.put_bucket_versioning(Bucket="left", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        aws.s3.put_object(Bucket="left", Key="a", Body=body)
    aws.s3.delete_object(Bucket="left", Key="a")
    aws.logs.create_log_group(logGroupName="left")
    aws.ssm.put_parameter(Name="left", Value="x", Type="SecureString")


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_is_deleted_once_and_named(kind: str, aws: Aws) -> None:
    """The bucket with all versions and delete markers; a second deletion says that it was not there."""
    made(aws)
    left = Leftover(kind, "left")
    assert str(left) == KINDS[kind]
    assert delete(aws, left, ACCOUNT)
    assert not delete(aws, left, ACCOUNT)


def test_a_type_that_cannot_be_deleted_is_said_so(aws: Aws) -> None:
    """A template that keeps a further type needs code here."""
    with pytest.raises(FailedError, match="AWS::X::Y"):
        delete(aws, Leftover("AWS::X::Y", "left"), ACCOUNT)
