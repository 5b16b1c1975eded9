"""Every test of a target has AWS in process."""

import pytest


@pytest.fixture(autouse=True)
def always(aws: None) -> None:
    """Uses `aws` without being asked."""
