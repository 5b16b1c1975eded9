"""AWS in the test process: moto, with invented keys."""

from collections.abc import Iterator

import boto3
import pytest

from tests.mocked_aws import MockedAws
from tests.warm_clients import WarmSession


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mock AWS, with invented keys so that nothing can reach a real account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(boto3, "client", WarmSession("us-east-1").client)
    with MockedAws():
        yield
