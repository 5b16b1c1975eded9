"""The overflow bucket as ingest sees it: stores a body that is too large for the queue. Reads and deletes nothing."""

from ingest.aws import Client
from ingest.deadline import Deadline
from ingest.envelope import Pointer, pointer_to


class OverflowBucket:
    """An S3 bucket. A body's key is its digest, so that the same body, sent again, is the same object."""

    def __init__(self, s3: Client, name: str) -> None:
        self._s3 = s3
        self._name = name

    def put(self, body: bytes, deadline: Deadline) -> Pointer:
        """Returns once S3 has stored the body ("PutObject", Amazon S3 API Reference). Raises AwsError.

        S3 compares what it has got with the digest that is signed: a body that was cut on the way is rejected.
        """
        pointer = pointer_to(body, self._name)
        headers = {"Content-Type": "application/octet-stream", "X-Amz-Content-Sha256": pointer.sha256}
        # The bucket in the path, not in the host's name: one certificate and one connection do for every bucket.
        self._s3.send("PUT", f"/{pointer.bucket}/{pointer.key}", headers, body, deadline)
        return pointer
