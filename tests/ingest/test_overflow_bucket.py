"""Storing in the overflow bucket: the request that S3 gets, and errors of S3."""

import hashlib

import pytest

from ingest.aws import AwsError
from ingest.deadline import Deadline
from ingest.overflow_bucket import OverflowBucket
from tests.ingest.clocks import FakeClock

DEADLINE = Deadline(1, FakeClock())
BODY = b"\xff" * 2_000_000
DIGEST = hashlib.sha256(BODY).hexdigest()


class FakeS3:
    """Keeps the objects that it gets, unless it fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes, deadline: Deadline) -> bytes:
        assert deadline is DEADLINE
        self.requests.append((method, path, headers, body))
        if self.failure:
            raise self.failure
        return b""


def test_a_body_is_put_under_its_digest() -> None:
    """The path has bucket and key, and the headers have the digest for S3."""
    s3 = FakeS3()
    pointer = OverflowBucket(s3, "bucket").put(BODY, DEADLINE)  # type: ignore[arg-type]  # only the methods that are used
    assert pointer == ("bucket", f"bodies/{DIGEST}", DIGEST, 2_000_000)
    [(method, path, headers, body)] = s3.requests
    assert (method, path, body) == ("PUT", f"/bucket/bodies/{DIGEST}", BODY)
    assert headers == {"Content-Type": "application/octet-stream", "X-Amz-Content-Sha256": DIGEST}


def test_an_error_of_s3_gives_no_pointer() -> None:
    """If S3 has not stored the body, no pointer is returned."""
    with pytest.raises(AwsError, match="SlowDown"):
        OverflowBucket(FakeS3(AwsError("SlowDown")), "b").put(BODY, DEADLINE)  # type: ignore[arg-type]  # only the methods that are used
