"""AWS in process for the tools: moto, with keys that no cloud takes; and a stack to work on."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.loaders import Loader
from botocore.session import get_session
from moto import mock_aws

from scripts.deploy.aws import Aws
from scripts.deploy.stack import Stack
from scripts.operate.scope import Scope

OUTPUTS = {
    "Profiles": "alma,consortium",
    "SecretLifetimeSeconds": "300",
    "WebhookUrlBase": "https://api.invalid/webhooks/",
}


_DESCRIPTIONS = Loader()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Clients of AWS in process; invented keys, so that nothing could reach a real account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    session = get_session()
    # To read the descriptions of services anew takes longer than most tests.
    session.register_component("data_loader", _DESCRIPTIONS)
    with mock_aws():
        yield Aws(boto3.Session(region_name="us-east-1", botocore_session=session))


@pytest.fixture
def scope(aws: Aws) -> Scope:
    """The stage dev of a stack with two profiles."""
    return Scope(aws, "dev", Stack("alma-webhooks-dev", OUTPUTS), "--stage dev")
