"""Tag the emulator's buckets as the template says, because its CloudFormation does not. AWS does not need this."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scripts.aws import mark
from scripts.aws.clients import Aws
from scripts.deploy import retained
from scripts.deploy.retained import Place

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import TagTypeDef


def tag_buckets(aws: Aws, template: Mapping[str, Any], place: Place) -> None:
    """Tag each bucket that the template retains as belonging to this stack."""
    tags: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in mark.tags(place.stack).items()]
    for each in retained.of(template, place):
        if each.kind == "AWS::S3::Bucket":
            aws.s3.put_bucket_tagging(Bucket=each.name, Tagging={"TagSet": tags})
