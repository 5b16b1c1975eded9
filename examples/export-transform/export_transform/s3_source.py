"""The files of an export in an S3 bucket."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from export_transform.resuming_stream import Reader, ResumingStream
from export_transform.source import FileChangedError, SourceFile
from processor.retries import code_of, failures_of_aws

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The SDK repeats what reads; the timeout is between two reads of a body too.
READS: Final = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})

_BUFFER_BYTES: Final = 256 * 1024
# "GetObject", Amazon S3 API Reference: If-Match fails with 412, a removed object is 404.
_CHANGED: Final = frozenset({"PreconditionFailed", "412", "NoSuchKey", "NoSuchVersion", "InvalidRange"})


class S3Source:
    """Reads objects of one bucket. An object appears when it is whole."""

    is_atomic = True

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def files(self, prefix: str) -> Iterator[SourceFile]:
        """Yield the objects whose keys start like this; there may be millions. Raise Transient, Permanent."""
        with failures_of_aws("no-target", "The export bucket cannot be listed"):
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                for each in page.get("Contents", []):
                    modified = each["LastModified"].timestamp()
                    yield SourceFile(name=each["Key"], size=each["Size"], tag=each["ETag"], modified=modified)

    @contextmanager
    def open(self, file: SourceFile) -> Iterator[BinaryIO]:
        """Return the bytes of the listed object. Reading raises FileChangedError, Transient, Permanent."""

        def open_at(offset: int) -> Reader:
            return self._body(file, offset)

        with ResumingStream(open_at, file.size, (BotoCoreError, HTTPClientError, OSError)) as stream:
            yield cast("BinaryIO", io.BufferedReader(stream, _BUFFER_BYTES))

    def _body(self, file: SourceFile, offset: int) -> Reader:
        with failures_of_aws("no-target", "A file of the export cannot be read"):
            try:
                found = self._s3.get_object(
                    Bucket=self._bucket, Key=file.name, IfMatch=file.tag, Range=f"bytes={offset}-"
                )
            except ClientError as error:
                if code_of(error) in _CHANGED:
                    raise FileChangedError from None
                raise
            return cast("Reader", found["Body"])
