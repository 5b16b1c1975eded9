"""A stack with workflows."""

import pytest

from scripts.deploy.aws import Aws
from scripts.operate.scope import Scope
from tests.scripts.operate.executions.site import Site, made


@pytest.fixture
def site(aws: Aws, scope: Scope) -> Site:
    """Workflows without an execution."""
    return made(aws, scope)
