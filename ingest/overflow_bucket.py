"""Stores a body that is too large for the queue in the overflow bucket."""

from ingest.aws import Client
from ingest.deadline import Deadline
from ingest.envelope import Pointer, pointer_to


class OverflowBucket:
    """An S3 bucket. The key of a body is its digest, so a repeated body is the same object."""

    def __init__(self, s3: Client, name: str) -> None:
        self._s3 = s3
        self._name = name

    def put(self, body: bytes, deadline: Deadline) -> Pointer:
        """Store the body and return its location ("PutObject", Amazon S3 API Reference). Raise AwsError.

        S3 checks the signed digest, so it rejects a body that was cut off on the way.
        """
        pointer = pointer_to(body, self._name)
        headers = {"Content-Type": "application/octet-stream", "X-Amz-Content-Sha256": pointer.sha256}
        # The bucket is in the path, not in the host name, so one certificate and one connection serve every bucket.
        self._s3.send("PUT", f"/{pointer.bucket}/{pointer.key}", headers, body, deadline)
        return pointer
