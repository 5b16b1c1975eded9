"""Provide the AWS clients that the tools share, each created at its first use.

The SDK is imported for the first of them, because help and completion need none and would wait for the import.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.config import Config
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

_ATTEMPTS: Final = 4
_LOCAL_ATTEMPTS: Final = 2  # on this computer a third one does not help

# The emulator accepts this key; AWS rejects it.
_LOCAL_KEY: Final = "test"


_ClientT = TypeVar("_ClientT")


class _Client(Generic[_ClientT]):
    """An attribute of Aws: the client of a service, created when it is first read."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, aws: "Aws", _: type) -> _ClientT:
        client = aws.session.client(self._service, endpoint_url=aws.endpoint_url, config=aws.config)  # type: ignore[call-overload] # the stubs want a literal
        aws.__dict__[self._name] = client  # found before this descriptor from now on
        return cast("_ClientT", client)


class Aws:
    """Clients for one account and region, or for one emulator."""

    def __init__(self, session: "Session", *, endpoint_url: str | None = None, config: "Config | None" = None) -> None:
        self.session = session
        self.endpoint_url = endpoint_url
        self.config = config or _config(_LOCAL_ATTEMPTS if endpoint_url else _ATTEMPTS)

    @classmethod
    def local(cls, endpoint_url: str, region: str) -> "Aws":
        """Return clients that can reach only this emulator: its URL for every service, and keys that AWS rejects."""
        from boto3 import Session

        os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"  # reach this computer without a proxy
        session = Session(aws_access_key_id=_LOCAL_KEY, aws_secret_access_key=_LOCAL_KEY, region_name=region)
        return cls(session, endpoint_url=endpoint_url)

    @classmethod
    def configured(cls, region: str | None = None, profile: str | None = None) -> "Aws":
        """Return clients configured by the usual AWS variables and files, or by this region and credentials profile."""
        from boto3 import Session

        return cls(Session(region_name=region, profile_name=profile))

    def create_clients(self) -> None:
        """Create every client now, for use in threads: creating one is not thread-safe, using one is."""
        for name, member in vars(type(self)).items():
            if isinstance(member, _Client):
                getattr(self, name)

    cloudformation: "_Client[CloudFormationClient]" = _Client("cloudformation")
    cloudwatch: "_Client[CloudWatchClient]" = _Client("cloudwatch")
    dynamodb: "_Client[DynamoDBClient]" = _Client("dynamodb")
    events: "_Client[EventBridgeClient]" = _Client("events")
    functions: "_Client[LambdaClient]" = _Client("lambda")
    logs: "_Client[CloudWatchLogsClient]" = _Client("logs")
    s3: "_Client[S3Client]" = _Client("s3")
    ses: "_Client[SESV2Client]" = _Client("sesv2")
    sns: "_Client[SNSClient]" = _Client("sns")
    sqs: "_Client[SQSClient]" = _Client("sqs")
    ssm: "_Client[SSMClient]" = _Client("ssm")
    states: "_Client[SFNClient]" = _Client("stepfunctions")
    sts: "_Client[STSClient]" = _Client("sts")


def _config(attempts: int) -> "Config":
    from botocore.config import Config

    # A read may be a long poll of 20 s.
    return Config(connect_timeout=3, read_timeout=30, retries={"mode": "standard", "total_max_attempts": attempts})


def configured_region() -> str | None:
    """Return the region of the AWS variables, else that of the AWS profile; None if neither says one."""
    from boto3 import Session

    if region := os.environ.get("AWS_REGION"):  # which the SDK for Python does not read
        return region
    try:
        return cast("str | None", Session().region_name)
    except BotoCoreError:  # AWS_PROFILE names a profile that does not exist
        return None


def seal_environment(endpoint_url: str, region: str) -> None:
    """Point this process's environment to an emulator, so that clients created elsewhere cannot reach AWS either."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO_"))]:
        del os.environ[name]
    os.environ |= {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": _LOCAL_KEY,
        "AWS_SECRET_ACCESS_KEY": _LOCAL_KEY,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def moment_of(answer: Mapping[str, Any]) -> datetime:
    """Return when AWS answered, by the Date header, because this computer's clock may be wrong."""
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(date).astimezone(UTC) if date else datetime.now(UTC)
