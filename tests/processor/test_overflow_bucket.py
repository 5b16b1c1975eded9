"""The overflow bucket: what is stored can be read, and what S3's errors mean."""

import boto3
import pytest
from botocore.stub import Stubber

from ingest.envelope import pointer_to
from processor.errors import Permanent, Transient
from processor.overflow_bucket import OverflowBucket

pytestmark = pytest.mark.usefixtures("aws")

BODY = b"\xff" * 300_000
POINTER = pointer_to(BODY, "bucket")


def test_a_body_is_stored_once_and_read_back() -> None:
    """Stored twice it is one object, at the place that ingest would have chosen."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    bucket = OverflowBucket(s3, "bucket")
    assert [bucket.put(BODY) for _ in range(2)] == [POINTER, POINTER]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="bucket")["Contents"]] == [POINTER.key]
    assert bucket.read(POINTER) == BODY


def test_a_body_that_is_not_there_is_permanent() -> None:
    """It will not come back; the letter says what is missing, and of which kind."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    with pytest.raises(Permanent, match="could not be read from the overflow bucket: AWS answered NoSuchKey") as failed:
        OverflowBucket(s3, "bucket").read(POINTER)
    assert failed.value.category == "envelope"


@pytest.mark.parametrize(
    ("code", "decision", "category"),
    [
        ("AccessDenied", Permanent, "refused"),
        ("SlowDown", Transient, "transient"),
        ("InternalError", Transient, "transient"),
    ],
)
def test_errors_of_s3(code: str, decision: type[Exception], category: str) -> None:
    """What is denied stays denied, a busy S3 may pass; its words are not repeated."""
    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_client_error("put_object", code, "patron-4711")
        with pytest.raises(
            decision, match=f"could not be stored in the overflow bucket: AWS answered {code}"
        ) as failed:
            OverflowBucket(s3, "bucket").put(BODY)
    assert getattr(failed.value, "category", "") == category
    assert "patron" not in str(failed.value)
