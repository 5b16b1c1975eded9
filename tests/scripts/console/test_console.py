"""Calls of pages to AWS: in threads, not more than some at once."""

import asyncio
import threading
import weakref
from collections.abc import Callable

import pytest

from scripts.aws.context import StackContext
from scripts.console.background import Control, State
from scripts.console.console import Console


class Value:
    """What a snapshot reads."""


def test_calls_are_bounded_and_hold_up_nothing_else(scope: StackContext) -> None:
    """Of twenty calls that hang eight run, and other work of the pages goes on."""
    console, go_on, running = Console(scope), threading.Event(), list[int]()

    def hang() -> int:
        running.append(1)
        go_on.wait(30)
        return 7

    async def pages() -> list[int]:
        calls = [asyncio.create_task(console.call(hang)) for _ in range(20)]
        while len(running) < 8:
            await asyncio.sleep(0)
        assert sum(call.done() for call in calls) == 0
        assert len(running) == 8
        go_on.set()
        return await asyncio.gather(*calls)

    assert asyncio.run(pages()) == [7] * 20


def test_a_snapshot_keeps_one_value(scope: StackContext, collect_garbage: Callable[[], int]) -> None:
    """However often it is read again, earlier values are gone."""
    console, values = Console(scope), list["weakref.ref[Value]"]()

    def read(_: Control) -> Value:
        values.append(weakref.ref(value := Value()))
        return value

    for _ in range(150):
        console.snapshot("key", "reading", read, 0)
        console.wait()
    assert len(values) == 150
    collect_garbage()
    assert len([value for value in values if value()]) <= 2


def test_the_end_cancels_what_is_read(scope: StackContext) -> None:
    """A reading ends at its next report of progress, so that what it has received is shown again."""
    console, is_inside = Console(scope), threading.Event()

    def read(control: Control) -> None:
        while True:
            is_inside.set()
            control.check()

    work = console.snapshot("key", "reading", read, 60).work
    assert work
    assert is_inside.wait(30)
    console.end()
    work.wait(30)
    assert work.state is State.cancelled


def test_an_error_of_a_call_is_raised_where_it_is_awaited(scope: StackContext) -> None:
    """The page gets the error of its call."""

    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        asyncio.run(Console(scope).call(fail))
