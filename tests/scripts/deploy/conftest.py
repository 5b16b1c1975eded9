"""Clients that reach nothing, with a stub of CloudFormation that must be asked for all that it is given."""

from collections.abc import Iterator

import pytest
from botocore.stub import Stubber
from moto.iam.access_control import PermissionResult

from scripts.deploy.aws import Aws


@pytest.fixture
def clients() -> Aws:
    return Aws.local("http://127.0.0.1:9", "us-east-1")


@pytest.fixture
def stub(clients: Aws) -> Iterator[Stubber]:
    with Stubber(clients.cloudformation) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def no_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """In process a policy that denies under a condition denies always."""
    monkeypatch.setattr("moto.s3.models.FakeBucket.get_permission", lambda *_: PermissionResult.NEUTRAL)
