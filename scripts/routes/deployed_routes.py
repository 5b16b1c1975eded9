"""Read the routes file that a stack runs from the artefact bucket, where it is stored by its digest.

The stack has the digest (output RoutesDigest) and the bucket (output CodeBucket).
"""

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.cli.exit_codes import FailedError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A routes file has some kilobytes. This limits the memory used for an object that somebody else stored.
_LONGEST_FILE: Final = 4_000_000


class RoutesFileCopy(NamedTuple):
    """A routes file, byte for byte."""

    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 in hex."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def key(self) -> str:
        """The S3 key."""
        return _key(self.digest)


class DeployedRoutesUnknownError(FailedError):
    """The deployed routes file cannot be read; the message says why and what to do, without a trailing period."""


def deployed_routes(s3: "S3Client", outputs: Mapping[str, str]) -> str:
    """Return the text of the routes file that a stack with these outputs runs.

    Raise DeployedRoutesUnknownError if the stack does not name the file, or if it cannot be read.
    """
    digest, bucket = outputs.get("RoutesDigest", ""), outputs.get("CodeBucket", "")
    if not re.fullmatch(r"[0-9a-f]{64}", digest) or not bucket:
        raise DeployedRoutesUnknownError(
            "the stack does not say which routes file it runs (output RoutesDigest); run alma-webhooks deploy once"
        )
    where = f"s3://{bucket}/{_key(digest)}"
    try:
        content = s3.get_object(Bucket=bucket, Key=_key(digest))["Body"].read(_LONGEST_FILE + 1)
    except ClientError as error:
        code = error.response["Error"].get("Code", "unknown")
        raise DeployedRoutesUnknownError(f"AWS answers {code} for {where}{_advice(code)}") from None
    except BotoCoreError as error:
        raise DeployedRoutesUnknownError(f"no response from AWS for {where}: {type(error).__name__}") from None
    if RoutesFileCopy(content).digest != digest:
        raise DeployedRoutesUnknownError(f"{where} is not the file that was deployed; its digest differs")
    return content.decode("utf-8")


def deployed_routes_or_none(s3: "S3Client", outputs: Mapping[str, str]) -> str | None:
    """Return the same, or None if the file cannot be read."""
    try:
        return deployed_routes(s3, outputs)
    except DeployedRoutesUnknownError:
        return None


def _key(digest: str) -> str:
    return f"routes/{digest}.yaml"


def _advice(code: str) -> str:
    if code in {"NoSuchKey", "404"}:
        return ": the file was deleted; deploy the same routes again to store it"
    return ": your role needs s3:GetObject there" if code in {"AccessDenied", "403"} else ""
