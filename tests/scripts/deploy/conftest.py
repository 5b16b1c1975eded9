"""Moto without the bucket policies that it misjudges."""

import pytest
from moto.iam.access_control import PermissionResult


@pytest.fixture
def no_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """In process a policy that denies under a condition denies always."""
    monkeypatch.setattr("moto.s3.models.FakeBucket.get_permission", lambda *_: PermissionResult.NEUTRAL)
