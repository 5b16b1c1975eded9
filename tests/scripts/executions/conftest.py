"""A stack with state machines."""

import pytest

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from tests.scripts.executions.site import Site, made


@pytest.fixture
def site(aws: Aws, scope: StackContext) -> Site:
    """State machines without executions."""
    return made(aws, scope)
