"""The overflow bucket: what is stored can be read, and what S3's errors mean."""

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
    """Stored by two workers it is one object, at the place that ingest would have chosen."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    bucket = OverflowBucket(s3, "bucket")
    assert [worker.put(BODY) for worker in (bucket, OverflowBucket(s3, "bucket"))] == [POINTER, POINTER]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="bucket")["Contents"]] == [POINTER.key]
    assert bucket.read(POINTER) == BODY


def test_each_body_is_stored() -> None:
    """What was stored last stands for itself only: another body is stored, and the first one again after it."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    stored: list[str] = []
    s3.meta.events.register("before-send.s3.PutObject", lambda request, **_: stored.append(request.url[-64:]))
    bucket = OverflowBucket(s3, "bucket")
    bodies = (BODY, BODY, b"other", BODY)
    pointers = [bucket.put(body) for body in bodies]
    assert pointers == [pointer_to(body, "bucket") for body in bodies]
    assert stored == [pointers[0].sha256, pointers[2].sha256, pointers[3].sha256]


def test_what_could_not_be_stored_is_stored_at_the_next_attempt() -> None:
    """Only what S3 has taken counts as stored."""
    s3 = boto3.client("s3")
    bucket = OverflowBucket(s3, "bucket")
    with pytest.raises(Permanent, match="NoSuchBucket"):
        bucket.put(BODY)
    s3.create_bucket(Bucket="bucket")
    assert bucket.read(bucket.put(BODY)) == BODY


def test_a_body_that_is_not_there_is_permanent() -> None:
    """It will not come back; the dead letter says what is missing, and of which kind."""
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
    """What is denied stays denied, a busy S3 may pass; its words are not repeated."""
    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_client_error("put_object", code, "patron-4711")
        with pytest.raises(
            decision, match=f"could not be stored in the overflow bucket: AWS returned {code}"
        ) as failed:
            OverflowBucket(s3, "bucket").put(BODY)
    assert getattr(failed.value, "cause_class", "") == cause_class
    assert "patron" not in str(failed.value)


def test_f61_no_other_bucket_is_asked() -> None:
    """Who can put a message on the queue chooses no bucket that the processor's role may read; S3 is not called."""
    s3 = boto3.client("s3")
    with Stubber(s3), pytest.raises(EnvelopeError, match="names a bucket other than the stack's overflow bucket"):
        OverflowBucket(s3, "bucket").read(POINTER._replace(bucket="another"))


def test_f61_one_byte_more_than_stated_is_read_and_no_more() -> None:
    """An object that is longer than its pointer states is left unread, however long it is."""
    taken: list[int] = []

    class Endless(io.RawIOBase):
        """An object without an end, which comes in pieces."""

        def read(self, size: int = -1) -> bytes:
            assert size > 0, "all of it is read"
            taken.append(min(size, 60))
            return b"x" * taken[-1]

    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_response("get_object", {"Body": Endless()})
        assert OverflowBucket(s3, "bucket").read(POINTER._replace(bytes=99)) == b"x" * 100
    assert taken == [60, 40]


def test_f61_a_body_that_was_cut_short_on_its_way_is_tried_again() -> None:
    """What comes before the connection ends is not taken for a shorter object."""
    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_response("get_object", {"Body": StreamingBody(io.BytesIO(BODY[:-1]), len(BODY))})
        with pytest.raises(Transient):
            OverflowBucket(s3, "bucket").read(POINTER)
