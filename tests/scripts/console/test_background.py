"""Work in the background: its progress, its result, and its cancellation."""

import threading
import weakref
from collections.abc import Callable
from functools import partial

import pytest

from scripts.cli.exit_codes import RejectedError
from scripts.console.background import Control, State
from scripts.console.works import Works


def test_a_work_has_its_result_and_its_progress() -> None:
    """After the work has ended its result, its counts and its lines are there."""

    def do(control: Control) -> str:
        with control.scan() as progress:
            progress(3, 12)
        control.note("slower now")
        return "all"

    work = Works().start("reading", do)
    work.wait()
    assert (work.state, work.result, work.done, work.total, work.notes) == (State.done, "all", 3, 12, ["slower now"])
    assert work.ended_at is not None


def test_a_failed_work_says_why() -> None:
    """The problem is the sentence of a command, or of another error only the type, because its text can be a body."""

    def reject(_: Control) -> None:
        raise RejectedError("Another command holds the lock.")

    def fail(_: Control) -> None:
        raise ValueError("Secret Patron")

    works = Works()
    rejected, failed = works.start("one", reject), works.start("two", fail)
    works.end(5)
    assert (rejected.state, rejected.problem) == (State.failed, "Another command holds the lock.")
    assert (failed.state, failed.problem) == (State.failed, "The console failed: ValueError.")


def test_a_work_ends_where_it_is_safe() -> None:
    """A cancelled work finishes what it has deferred, and ends at its next report."""
    is_inside, go_on, done = threading.Event(), threading.Event(), list[str]()

    def do(control: Control) -> None:
        with control.deferred():
            is_inside.set()
            go_on.wait(10)
            control.check()
            done.append("sent and deleted")
        done.append("more")

    work = Works().start("replaying", do)
    assert is_inside.wait(10)
    work.cancel()
    assert work.is_cancelling
    go_on.set()
    work.wait(10)
    assert work.state is State.cancelled
    assert done == ["sent and deleted"]


@pytest.mark.parametrize("name", ["scan", "redrive"])
def test_each_report_can_end_the_work(name: str) -> None:
    """A cancelled work ends at its next report of how many are done."""
    is_inside, go_on = threading.Event(), threading.Event()

    def do(control: Control) -> None:
        with getattr(control, name)() as progress:
            is_inside.set()
            go_on.wait(10)
            progress(1, 2)

    work = Works().start("reading", do)
    assert is_inside.wait(10)
    work.cancel()
    go_on.set()
    work.wait(10)
    assert work.state is State.cancelled


class Body:
    """Something large or personal that a work is about."""


def test_a_work_does_not_keep_what_it_was_about(collect_garbage: Callable[[], int]) -> None:
    """The work is remembered for a long time; a body that it sent is not."""
    body = Body()
    forgotten = weakref.ref(body)
    work = Works().start("editing", partial(lambda body, _: bool(body), body))
    work.wait(10)
    del body
    collect_garbage()
    assert work.result is True
    assert forgotten() is None
