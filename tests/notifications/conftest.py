"""AWS in the test process, as for the processor; for a whole module, because starting it takes longer than a test."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.processor.conftest import aws

__all__ = ["aws"]


@pytest.fixture(scope="module")
def shared_aws() -> Iterator[None]:
    """Mock AWS for the tests of a module, which use names of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with mock_aws():
            yield
