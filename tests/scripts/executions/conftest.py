"""A stack with state machines, and a command that does not sleep."""

from functools import partial

import pytest

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.cli.rate_limiter import Rate
from tests.scripts.executions.site import Site, made
from tests.scripts.passing_time import PassingTime


@pytest.fixture
def site(aws: Aws, scope: StackContext) -> Site:
    """State machines without executions."""
    return made(aws, scope)


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time between two executions of a redrive passes at once."""
    time = PassingTime()
    monkeypatch.setattr("scripts.executions.commands.Rate", partial(Rate, monotonic=time.monotonic, sleep=time.sleep))
