"""Store what a deployment needs in an S3 bucket: the zips of both functions, the routes file, long templates.

Nothing is deleted: CloudFormation needs the old zip to roll an update back.
"""

import hashlib
import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from botocore.exceptions import ClientError

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import RejectedError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ServerSideEncryptionRuleTypeDef

# "Understand CloudFormation quotas", AWS CloudFormation User Guide.
_LONGEST_BODY: Final = 51_200


class Artefact(Protocol):
    """Content with an S3 key that contains its digest."""

    @property
    def content(self) -> bytes:
        """The content in bytes."""

    @property
    def key(self) -> str:
        """The S3 key."""


class TemplateCopy(NamedTuple):
    """A template as it was sent to CloudFormation."""

    body: str

    @property
    def content(self) -> bytes:
        """The template as UTF-8."""
        return self.body.encode()

    @property
    def key(self) -> str:
        """The S3 key."""
        return f"templates/{hashlib.sha256(self.content).hexdigest()}.json"


def bucket_exists(s3: "S3Client", bucket: str, account: str, consequence: str) -> bool:
    """Return whether a bucket exists. Raise RejectedError, with the consequence, if it belongs to another account."""
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == HTTPStatus.NOT_FOUND:
            return False
        if status == HTTPStatus.FORBIDDEN:
            raise RejectedError(
                f"Bucket {bucket} belongs to another account, or you have no access to it{consequence}."
            ) from None
        raise
    return True


class Artefacts:
    """The bucket alma-webhooks-artefacts-ACCOUNT-REGION, created at the first upload."""

    def __init__(self, aws: Aws, account: str, region: str) -> None:
        self.bucket: Final = f"alma-webhooks-artefacts-{account}-{region}"
        self._s3 = aws.s3
        self._endpoint = aws.s3.meta.endpoint_url
        self._account = account
        self._region = region

    def exists(self) -> bool:
        """Return whether the bucket exists. Raise RejectedError if it belongs to another account."""
        return bucket_exists(self._s3, self.bucket, self._account, ". Nothing was uploaded")

    def upload(self, artefacts: Sequence[Artefact]) -> None:
        """Store each artefact, unless its key exists: it contains the digest, so an existing object is the same."""
        if artefacts:
            self._ensure()
        for each in artefacts:
            owned: Any = {"Bucket": self.bucket, "Key": each.key, "ExpectedBucketOwner": self._account}
            try:
                self._s3.head_object(**owned)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
                    raise
                self._s3.put_object(**owned, Body=each.content)

    def template(self, body: str) -> dict[str, str]:
        """Return the template as an argument for CloudFormation: its body, or its URL in the bucket if it is long."""
        copy = TemplateCopy(body)
        if len(copy.content) <= _LONGEST_BODY:
            return {"TemplateBody": body}
        self.upload([copy])
        return {"TemplateURL": f"{self._endpoint}/{self.bucket}/{copy.key}"}

    def keys(self, prefix: str) -> list[str]:
        """Return the keys with this prefix, sorted; none if the bucket does not exist."""
        if not self.exists():
            return []
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, ExpectedBucketOwner=self._account
        )
        return sorted(each["Key"] for page in pages for each in page.get("Contents", []))

    def read(self, key: str) -> bytes | None:
        """Return the content of an object, or None if it does not exist."""
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key, ExpectedBucketOwner=self._account)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
                raise
            return None
        return answer["Body"].read()

    def _ensure(self) -> None:
        if not self.exists():
            where: Any = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
            is_default = self._region == "us-east-1"  # CreateBucket rejects this region as a LocationConstraint.
            self._s3.create_bucket(Bucket=self.bucket, **({} if is_default else where))
        elif self._is_set_up():
            return
        self._set_up()

    def _is_set_up(self) -> bool:
        """Return whether the bucket has a policy. One whose creation was interrupted has none yet."""
        try:
            self._s3.get_bucket_policy(Bucket=self.bucket, ExpectedBucketOwner=self._account)
        except ClientError as error:
            if error.response["Error"].get("Code") == "NoSuchBucketPolicy":
                return False
            raise
        return True

    def _set_up(self) -> None:
        """Block public access, encrypt, version and require TLS. The policy comes last and marks completion."""
        owned: Any = {"Bucket": self.bucket, "ExpectedBucketOwner": self._account}
        rule: ServerSideEncryptionRuleTypeDef = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        self._s3.put_public_access_block(
            **owned,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
        self._s3.put_bucket_encryption(**owned, ServerSideEncryptionConfiguration={"Rules": [rule]})
        self._s3.put_bucket_versioning(**owned, VersioningConfiguration={"Status": "Enabled"})
        self._s3.put_bucket_policy(**owned, Policy=json.dumps(self._tls_only()))

    def _tls_only(self) -> dict[str, object]:
        partition = self._s3.meta.partition
        arn = f"arn:{partition}:s3:::{self.bucket}"
        return {
            "Version": "2012-10-17",
            "Statement": {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        }
