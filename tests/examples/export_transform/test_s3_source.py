"""Files in S3."""

import boto3
import pytest
from export_transform.s3_source import S3Source
from export_transform.source import FileChangedError

from processor.errors import Permanent

pytestmark = pytest.mark.usefixtures("aws")

BUCKET = "exports-dev-files"


@pytest.fixture
def source() -> S3Source:
    """Return a source with three objects."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for key in ("exports/a", "exports/b", "other/c"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode() * 1000)
    return S3Source(s3, BUCKET)


def test_objects_are_listed_and_read(source: S3Source) -> None:
    """Those of the prefix, with their size, and the bytes as they are."""
    listed = list(source.files("exports/"))
    assert [(each.name, each.size) for each in listed] == [("exports/a", 9000), ("exports/b", 9000)]
    with source.open(listed[0]) as stream:
        assert stream.read() == b"exports/a" * 1000


def test_a_replaced_object_is_not_read(source: S3Source) -> None:
    """An object with the same name and another ETag is not the one that was checked."""
    listed = list(source.files("exports/"))
    boto3.client("s3").put_object(Bucket=BUCKET, Key="exports/a", Body=b"x" * 9000)
    with source.open(listed[0]) as stream, pytest.raises(FileChangedError):
        stream.read()


def test_a_removed_object_has_changed(source: S3Source) -> None:
    """An object that is gone is not a failure of the source."""
    listed = list(source.files("exports/"))
    boto3.client("s3").delete_object(Bucket=BUCKET, Key="exports/a")
    with source.open(listed[0]) as stream, pytest.raises(FileChangedError):
        stream.read(1)


def test_a_missing_bucket_is_permanent() -> None:
    """A bucket that does not exist is named by its role, and nothing is retried."""
    with pytest.raises(Permanent, match="export bucket cannot be listed"):
        list(S3Source(boto3.client("s3"), "exports-dev-missing").files("exports/"))
