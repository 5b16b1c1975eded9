"""The bucket of what is deployed: both functions' zips, the routes file, long templates. Deletes nothing.

A zip stays for as long as the bucket does: CloudFormation needs the old one when it takes an update back.
"""

import hashlib
import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

from botocore.exceptions import ClientError

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import RejectedError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CreateBucketConfigurationTypeDef, ServerSideEncryptionRuleTypeDef

# "Understand CloudFormation quotas", AWS CloudFormation User Guide.
_LONGEST_BODY: Final = 51_200


class Artefact(Protocol):
    """Bytes under a key that holds their digest."""

    @property
    def content(self) -> bytes:
        """The bytes."""

    @property
    def key(self) -> str:
        """The S3 key."""


class Artefacts:
    """The account's and region's bucket alma-webhooks-artefacts-ACCOUNT-REGION, made when it is first needed."""

    def __init__(self, aws: Aws, account: str, region: str) -> None:
        self.bucket: Final = f"alma-webhooks-artefacts-{account}-{region}"
        self._s3 = aws.s3
        self._endpoint = aws.s3.meta.endpoint_url
        self._account = account
        self._region = region

    def exists(self) -> bool:
        """Whether it is there. Raises RejectedError when the name is taken by somebody else's."""
        try:
            self._s3.head_bucket(Bucket=self.bucket, ExpectedBucketOwner=self._account)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == HTTPStatus.NOT_FOUND:
                return False
            if status == HTTPStatus.FORBIDDEN:
                raise RejectedError(
                    f"Bucket {self.bucket} belongs to another account, or you have no access to it. Nothing was "
                    "uploaded."
                ) from None
            raise
        return True

    def upload(self, artefacts: Iterable[Artefact]) -> None:
        """Store each under its key, unless it is there already."""
        for artefact in artefacts:
            self._put(artefact.key, artefact.content)

    def template(self, body: str) -> dict[str, str]:
        """How CloudFormation is given a template: in the call itself, or by an address in the bucket."""
        content = body.encode()
        if len(content) <= _LONGEST_BODY:
            return {"TemplateBody": body}
        key = f"templates/{hashlib.sha256(content).hexdigest()}.json"
        self._put(key, content)
        return {"TemplateURL": f"{self._endpoint}/{self.bucket}/{key}"}

    def _put(self, key: str, content: bytes) -> None:
        """Keys are digests, so what is there is the same."""
        self._ensure()
        try:
            self._s3.head_object(Bucket=self.bucket, Key=key, ExpectedBucketOwner=self._account)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
                raise
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=content, ExpectedBucketOwner=self._account)

    def _ensure(self) -> None:
        if not self.exists():
            where: CreateBucketConfigurationTypeDef = {"LocationConstraint": self._region}  # type: ignore[typeddict-item] # the stubs list the regions
            if self._region == "us-east-1":  # The one region that CreateBucket takes only unsaid.
                self._s3.create_bucket(Bucket=self.bucket)
            else:
                self._s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=where)
        elif self._is_set_up():
            return
        self._set_up()

    def _is_set_up(self) -> bool:
        """Whether it has a policy, ours or one of the institution's; a making that was interrupted has none yet."""
        try:
            self._s3.get_bucket_policy(Bucket=self.bucket, ExpectedBucketOwner=self._account)
        except ClientError as error:
            if error.response["Error"].get("Code") == "NoSuchBucketPolicy":
                return False
            raise
        return True

    def _set_up(self) -> None:
        """Nothing public, encrypted, versioned, and over TLS alone; the policy last, for it says that all is done."""
        name, owner = self.bucket, self._account
        rule: ServerSideEncryptionRuleTypeDef = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        self._s3.put_public_access_block(
            Bucket=name,
            ExpectedBucketOwner=owner,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
        self._s3.put_bucket_encryption(
            Bucket=name, ExpectedBucketOwner=owner, ServerSideEncryptionConfiguration={"Rules": [rule]}
        )
        self._s3.put_bucket_versioning(
            Bucket=name, ExpectedBucketOwner=owner, VersioningConfiguration={"Status": "Enabled"}
        )
        self._s3.put_bucket_policy(Bucket=name, ExpectedBucketOwner=owner, Policy=json.dumps(self._tls_only()))

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
