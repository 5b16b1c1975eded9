"""A stack with state machines."""

import pytest

from scripts.aws.clients import Aws
from scripts.aws.context import Scope
from tests.scripts.executions.site import Site, made


@pytest.fixture
def site(aws: Aws, scope: Scope) -> Site:
    """State machines without an execution."""
    return made(aws, scope)
