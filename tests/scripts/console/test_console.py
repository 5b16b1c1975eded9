"""Calls of pages to AWS: in threads, not more than some at once."""

import asyncio
import threading

import pytest

from scripts.aws.context import StackContext
from scripts.console.console import Console


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


def test_an_error_of_a_call_is_raised_where_it_is_awaited(scope: StackContext) -> None:
    """The page gets the error of its call."""

    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        asyncio.run(Console(scope).call(fail))
