"""Test values that belong to a console."""

import weakref
from collections.abc import Callable

from scripts.aws.context import StackContext
from scripts.console.console import Console
from scripts.console.per_console import PerConsole


def test_each_console_has_a_value_of_its_own(scope: StackContext) -> None:
    """It is made at the first use."""
    made: list[Console] = []

    def make(console: Console) -> list[int]:
        made.append(console)
        return []

    lists = PerConsole[list[int]](make)
    one, two = Console(scope), Console(scope)
    lists.of(one).append(1)
    assert (lists.of(one), lists.of(two)) == ([1], [])
    assert made == [one, two]


def test_a_value_is_gone_with_its_console(scope: StackContext, collect_garbage: Callable[[], int]) -> None:
    """A run that starts many consoles keeps none of them."""
    values = PerConsole[list[Console]](lambda console: [console])  # also if the value refers to it
    console = Console(scope)
    values.of(console)
    gone = weakref.ref(console)
    del console
    collect_garbage()
    assert gone() is None
