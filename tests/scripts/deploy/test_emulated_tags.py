"""The tags that the emulator leaves off buckets."""

from scripts.aws.clients import Aws
from scripts.aws.template import load
from scripts.deploy.emulated_tags import tag_buckets
from scripts.deploy.retained import Place
from tests.scripts.deploy.stacks import tags_of


def test_a_kept_bucket_gets_the_tags_of_the_mark(aws: Aws) -> None:
    """Without them the next stack of the name would not take it up."""
    bucket = "stack-123456789012-us-east-1"
    aws.s3.create_bucket(Bucket=bucket)
    tag_buckets(aws, load(), Place("stack", "123456789012", "us-east-1"))
    found = aws.s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == tags_of("stack")
