"""Every test of a target uses mock AWS."""

import pytest


@pytest.fixture(autouse=True)
def mock_aws(aws: None) -> None:
    """Activates `aws` for every test."""
