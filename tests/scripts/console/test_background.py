"""Work in the background: its progress, its result, and its cancellation."""

import threading

import pytest

from scripts.cli.exit_codes import RejectedError
from scripts.console.background import Control, State, Work, Works


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


def test_the_newest_works_are_remembered() -> None:
    """Ended works are forgotten after a hundred newer ones; the newest is the first."""
    works = Works()
    started = [works.start(str(number), lambda _: None) for number in range(150)]
    works.end(10)
    works.start("last", lambda _: None).wait()
    assert len(works.all()) <= 102
    assert works.all()[0].title == "last"
    assert started[0] not in works.all()


def test_works_without_a_memory_forget_what_has_ended() -> None:
    """Their results are left to those who began them."""
    works = Works(remembered=0)
    for number in range(3):
        works.start(str(number), lambda _: None).wait()
    assert [work.title for work in works.all()] == ["2"]


def test_the_end_does_not_wait_for_ever() -> None:
    """A work that hangs in a call does not keep the console from ending."""
    go_on = threading.Event()
    works = Works()
    work: Work[bool] = works.start("hanging", lambda _: go_on.wait(30))
    works.end(0.01)
    assert work.is_running
    go_on.set()
    work.wait(10)


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
