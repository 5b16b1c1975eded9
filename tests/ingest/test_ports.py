"""The contract of the listener's ports: the same tests for the fakes and for the real ones over moto."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from ingest.aws import AwsError, Client, JsonApi
from ingest.deadline import Deadline
from ingest.envelope import Envelope, pointer_to
from ingest.overflow_bucket import OverflowBucket
from ingest.profile_secrets import NoUsableSecretError, ProfileSecrets
from ingest.webhook_queue import WebhookQueue
from tests.ingest.fake_ports import DEADLINE, FakeBucket, FakeQueue, FakeSecrets
from tests.mocked_aws import MockedAws

MESSAGE = Envelope(b'{"a": "\xc3\xbc"}', "r", "2026-05-13T02:41:11.000Z", "alma").encode()


class MotoApi(JsonApi):
    """The JSON protocol of a service, answered by moto."""

    def __init__(self, service: str) -> None:
        self.client: Any = boto3.client(service)  # type: ignore[call-overload]  # the name is not literal

    def call_with(self, operation: str, request: bytes, deadline: Deadline) -> dict[str, Any]:  # noqa: ARG002
        try:
            answer: dict[str, Any] = getattr(self.client, xform_name(operation))(**json.loads(request))
        except ClientError as error:
            raise AwsError(error.response["Error"]["Code"]) from None
        return answer


class MotoS3(Client):
    """PutObject, answered by moto."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes, deadline: Deadline) -> bytes:  # noqa: ARG002
        _, bucket, key = path.split("/", 2)
        try:
            self.s3.put_object(Bucket=bucket, Key=key, Body=body)
        except ClientError as error:
            raise AwsError(error.response["Error"]["Code"]) from None
        return b""


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mock AWS, with invented keys."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with MockedAws():
        yield


def real_queue(*, fails: bool) -> WebhookQueue:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    if fails:
        sqs.delete_queue(QueueUrl=url)
    return WebhookQueue(MotoApi("sqs"), url)


def real_bucket(*, fails: bool) -> OverflowBucket:
    if not fails:
        boto3.client("s3").create_bucket(Bucket="bucket")
    return OverflowBucket(MotoS3(), "bucket")


def real_secrets(*values: str) -> ProfileSecrets:
    ssm = boto3.client("ssm")
    for name, value in zip(("secret", "previous-secret"), values, strict=False):
        ssm.put_parameter(Name=f"/alma-webhooks/dev/alma/{name}", Value=value, Type="SecureString")
    return ProfileSecrets(MotoApi("ssm"), "dev", 300)


def fake_queue(*, fails: bool) -> WebhookQueue:
    return FakeQueue(AwsError("NonExistentQueue") if fails else None)


def fake_bucket(*, fails: bool) -> OverflowBucket:
    return FakeBucket(AwsError("NoSuchBucket") if fails else None)


@pytest.mark.parametrize("make", [fake_queue, real_queue])
def test_a_queue_takes_a_message_or_raises(make: Any) -> None:
    """A message that is not on the queue is not accepted."""
    make(fails=False).send(MESSAGE, DEADLINE)
    with pytest.raises(AwsError):
        make(fails=True).send(MESSAGE, DEADLINE)


@pytest.mark.parametrize("make", [fake_bucket, real_bucket])
def test_a_bucket_returns_the_place_of_a_body_or_raises(make: Any) -> None:
    """The place is the digest of the body."""
    with pytest.raises(AwsError, match="NoSuchBucket"):
        make(fails=True).put(b"x", DEADLINE)
    assert make(fails=False).put(b"x", DEADLINE) == pointer_to(b"x", "bucket")


@pytest.mark.parametrize("known", [("new",), ("new", "old")])
@pytest.mark.parametrize("make", [lambda *values: FakeSecrets(values, values), real_secrets])
def test_secrets_are_the_stored_ones(make: Any, known: tuple[str, ...]) -> None:
    """The stored secrets are read at first and after a mismatch."""
    secrets = make(*known)
    assert tuple(filter(None, secrets.usable("alma", DEADLINE))) == known
    assert tuple(filter(None, secrets.after_mismatch("alma", DEADLINE))) == known


@pytest.mark.parametrize("make", [lambda: FakeSecrets(NoUsableSecretError()), real_secrets])
def test_without_a_secret_none_is_usable(make: Any) -> None:
    """The listener then answers 503."""
    with pytest.raises(NoUsableSecretError):
        make().usable("alma", DEADLINE)
