"""Writes batches, and the records that were rejected, to a bucket."""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from export_transform.batch import Batch
from export_transform.records import Reject
from export_transform.rejects import reject_line
from processor.errors import Permanent
from processor.retries import code_of, failures_of_aws

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# "Conditional writes", Amazon S3 User Guide: the object exists.
_EXISTS: Final = frozenset({"PreconditionFailed", "412"})

_DIGEST: Final = "sha256"  # a name in the metadata of an object; its ETag depends on how the bucket is encrypted


class S3Destination:
    """Writes each batch as one object, or each record as one. Names have the job and the records."""

    def __init__(self, s3: "S3Client", bucket: str, content_type: str, *, is_by_record: bool) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._content_type = content_type
        self._is_by_record = is_by_record

    def send(self, batch: Batch) -> None:
        """Write what does not exist yet. Raise Transient; Permanent also if an object exists with other content."""
        if not self._is_by_record:
            self._write(f"output/{batch.place}", batch.body)
            return
        for number, body in batch.bodies.items():
            self._write(f"output/{batch.job_key}/{batch.file:05}-{number:09}", body)

    def _write(self, key: str, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()
        with failures_of_aws("refused", "The output cannot be written"):
            if self._is_new(key, body, digest):
                return
            found = self._s3.head_object(Bucket=self._bucket, Key=key)
        if found["Metadata"].get(_DIGEST) != digest:
            reason = f"{key} exists with other content. Delete the objects of this job in output/ to write them again."
            raise Permanent("refused", reason)

    def _is_new(self, key: str, body: bytes, digest: str) -> bool:
        """Write an object. Return False if it exists already."""
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType=self._content_type,
                Metadata={_DIGEST: digest},
                IfNoneMatch="*",
            )
        except ClientError as error:
            if code_of(error) not in _EXISTS:
                raise
            return False
        return True


class RejectsFolder:
    """Writes the records that were rejected: one object for each segment that has some, with one line of JSON each."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def write(self, place: str, rejects: Iterable[Reject]) -> None:
        """Write them. A repeated segment has the same ones, so it replaces its object. Raise Transient, Permanent."""
        body = b"".join(map(reject_line, rejects))
        with failures_of_aws("refused", "The rejected records cannot be written"):
            self._s3.put_object(
                Bucket=self._bucket, Key=f"rejects/{place}.jsonl", Body=body, ContentType="application/x-ndjson"
            )
