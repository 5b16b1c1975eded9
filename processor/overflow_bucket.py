"""Reads and stores bodies that are too large for a message, in the overflow bucket. Deletes nothing."""

from contextlib import closing
from typing import TYPE_CHECKING

from ingest.envelope import EnvelopeError, Pointer, pointer_to
from processor.retries import failures_of_aws

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client


class OverflowBucket:
    """The stack's S3 bucket of large bodies."""

    def __init__(self, s3: "S3Client", name: str) -> None:
        self._s3 = s3
        self._name = name
        self._stored: Pointer | None = None

    def read(self, pointer: Pointer) -> bytes:
        """Return the object at the pointer; of a longer object, return one byte more than the pointer states.

        "GetObject", Amazon S3 API Reference. Raise Permanent, Transient; EnvelopeError for a pointer to another bucket,
        which is never read.
        """
        if pointer.bucket != self._name:
            raise EnvelopeError("The message's pointer names a bucket other than the stack's overflow bucket.")
        with failures_of_aws("envelope", "the body could not be read from the overflow bucket"):
            return _at_most(self._s3.get_object(Bucket=self._name, Key=pointer.key)["Body"], pointer.bytes + 1)

    def put(self, body: bytes) -> Pointer:
        """Store the body and return its location ("PutObject", Amazon S3 API Reference). Raise Permanent, Transient.

        The same body is the same object: storing it again overwrites it, and it then lasts for 90 days from now. The
        body that this worker stored last, for another target or attempt, is not sent again: a worker lives for hours.
        """
        pointer = pointer_to(body, self._name)
        if pointer == self._stored:
            return pointer
        with failures_of_aws("refused", "the body could not be stored in the overflow bucket"):
            self._s3.put_object(Bucket=pointer.bucket, Key=pointer.key, Body=body)
        self._stored = pointer
        return pointer


def _at_most(stream: "StreamingBody", most: int) -> bytes:
    """Return up to `most` bytes. Reading to the end makes a stream that was cut short fail."""
    with closing(stream):
        pieces: list[bytes] = []
        while most > 0 and (piece := stream.read(most)):
            pieces.append(piece)
            most -= len(piece)
        return b"".join(pieces)
