"""A console on a stack in moto."""

import gc
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from scripts.aws.context import StackContext
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.console.desk import Desk, OpenDesk, opener
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.dead_letters.queues import Queues


@pytest.fixture
def collect_garbage() -> Iterator[Callable[[], int]]:
    """What collects the garbage of the test, which stays in the youngest generation; that of all tests takes long."""
    gc.disable()
    yield partial(gc.collect, 0)
    gc.enable()


@pytest.fixture
def page(scope: StackContext) -> Iterator[OpenedConsole]:
    """A signed-in client of a console that may change the stack."""
    console = opened(scope)
    yield console
    console.console.end()


@pytest.fixture
def open_desk(dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> OpenDesk:
    """What opens a console on a stack with dead letters."""
    return opener(dead_letters, queues, monkeypatch)


@pytest.fixture
def desk(open_desk: OpenDesk) -> Iterator[Desk]:
    """A console on a stack with a dead-letter queue, which is empty."""
    opened_desk = open_desk()
    yield opened_desk
    opened_desk.page.console.end()
