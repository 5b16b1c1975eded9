"""A console on a stack in moto."""

from collections.abc import Iterator

import pytest

from scripts.aws.context import StackContext
from tests.scripts.console.opened import OpenedConsole, opened


@pytest.fixture
def page(scope: StackContext) -> Iterator[OpenedConsole]:
    """A signed-in client of a console that may change the stack."""
    console = opened(scope)
    yield console
    console.console.end()
