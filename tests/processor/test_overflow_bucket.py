"""The overflow bucket: stored bodies can be read, and S3 errors are classified."""

import io

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from ingest.envelope import EnvelopeError, pointer_to
from processor.errors import Permanent, Transient
from processor.overflow_bucket import OverflowBucket
from tests.processor.fake_overflow_bucket import FakeOverflowBucket

pytestmark = pytest.mark.usefixtures("aws")

BODY = b"\xff" * 300_000
POINTER = pointer_to(BODY, "bucket")


def moto() -> OverflowBucket:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    return OverflowBucket(s3, "bucket")


@pytest.fixture(params=[FakeOverflowBucket, moto], ids=["fake", "s3"])
def bucket(request: pytest.FixtureRequest) -> OverflowBucket:
    """An empty bucket: the fake one, and S3 by moto."""
    made: OverflowBucket = request.param()
    return made


def test_the_contract_of_a_bucket(bucket: OverflowBucket) -> None:
    """A stored body can be read, up to one byte more than the pointer states; another object or bucket cannot."""
    assert bucket.put(BODY) == bucket.put(BODY) == POINTER
    assert bucket.read(POINTER) == BODY
    assert bucket.read(POINTER._replace(bytes=9)) == BODY[:10]
    with pytest.raises(Permanent, match="could not be read from the overflow bucket: AWS returned NoSuchKey") as failed:
        bucket.read(pointer_to(b"other", "bucket"))
    assert failed.value.cause_class == "envelope"
    with pytest.raises(EnvelopeError, match="names a bucket other than the stack's overflow bucket"):
        bucket.read(POINTER._replace(bucket="another"))


def test_a_body_is_stored_once_and_read_back() -> None:
    """Two workers store a body as one object, at the key that ingest would have used."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    bucket = OverflowBucket(s3, "bucket")
    assert [worker.put(BODY) for worker in (bucket, OverflowBucket(s3, "bucket"))] == [POINTER, POINTER]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="bucket")["Contents"]] == [POINTER.key]
    assert bucket.read(POINTER) == BODY


def test_each_body_is_stored() -> None:
    """Only the last stored body is remembered: another body is stored, and then the first one again."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    stored: list[str] = []
    s3.meta.events.register("before-call.s3.PutObject", lambda params, **_: stored.append(params["url"][-64:]))
    bucket = OverflowBucket(s3, "bucket")
    bodies = (BODY, BODY, b"other", BODY)
    pointers = [bucket.put(body) for body in bodies]
    assert pointers == [pointer_to(body, "bucket") for body in bodies]
    assert stored == [pointers[0].sha256, pointers[2].sha256, pointers[3].sha256]


def test_a_body_that_could_not_be_stored_is_stored_at_the_next_attempt() -> None:
    """A body counts as stored only after S3 has accepted it."""
    s3 = boto3.client("s3")
    bucket = OverflowBucket(s3, "bucket")
    with pytest.raises(Permanent, match="NoSuchBucket"):
        bucket.put(BODY)
    s3.create_bucket(Bucket="bucket")
    assert bucket.read(bucket.put(BODY)) == BODY


def test_a_missing_body_is_permanent() -> None:
    """A missing body is a permanent failure, and the dead letter names the kind of object."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    with pytest.raises(Permanent, match="could not be read from the overflow bucket: AWS returned NoSuchKey") as failed:
        OverflowBucket(s3, "bucket").read(POINTER)
    assert failed.value.cause_class == "envelope"


@pytest.mark.parametrize(
    ("code", "decision", "cause_class"),
    [
        ("AccessDenied", Permanent, "refused"),
        ("SlowDown", Transient, "transient"),
        ("InternalError", Transient, "transient"),
    ],
)
def test_errors_of_s3(code: str, decision: type[Exception], cause_class: str) -> None:
    """Denied access is permanent, a busy S3 is transient, and the text of S3 is not repeated."""
    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_client_error("put_object", code, "patron-4711")
        with pytest.raises(
            decision, match=f"could not be stored in the overflow bucket: AWS returned {code}"
        ) as failed:
            OverflowBucket(s3, "bucket").put(BODY)
    assert getattr(failed.value, "cause_class", "") == cause_class
    assert "patron" not in str(failed.value)


def test_f61_only_the_own_bucket_is_read() -> None:
    """A message cannot choose a bucket for the processor to read; S3 is not called."""
    s3 = boto3.client("s3")
    with Stubber(s3), pytest.raises(EnvelopeError, match="names a bucket other than the stack's overflow bucket"):
        OverflowBucket(s3, "bucket").read(POINTER._replace(bucket="another"))


def test_f61_at_most_one_byte_more_than_stated_is_read() -> None:
    """An object that is longer than its pointer states is not read to its end."""
    taken: list[int] = []

    class Endless(io.RawIOBase):
        """An object without an end, which is read in pieces."""

        def read(self, size: int = -1) -> bytes:
            assert size > 0, "all of it is read"
            taken.append(min(size, 60))
            return b"x" * taken[-1]

    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_response("get_object", {"Body": Endless()})
        assert OverflowBucket(s3, "bucket").read(POINTER._replace(bytes=99)) == b"x" * 100
    assert taken == [60, 40]


def test_f61_a_body_that_ends_early_is_retried() -> None:
    """A body whose connection ends early is not taken for a shorter object."""
    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_response("get_object", {"Body": StreamingBody(io.BytesIO(BODY[:-1]), len(BODY))})
        with pytest.raises(Transient):
            OverflowBucket(s3, "bucket").read(POINTER)
