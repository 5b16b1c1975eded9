"""The works of a console: how many run, how many are remembered, and their end."""

import threading

import pytest

from scripts.cli.exit_codes import RejectedError
from scripts.console.background import Work
from scripts.console.works import Works


def test_the_newest_works_are_remembered() -> None:
    """Ended works are forgotten after a hundred newer ones; the newest is the first."""
    works = Works()
    started = list[Work[None]]()
    for number in range(150):
        started.append(works.start(str(number), lambda _: None))
        started[-1].wait(10)
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


def test_no_more_works_run_than_may() -> None:
    """Each has a thread, and a page can be opened a thousand times; another one can begin when one has ended."""
    go_on = threading.Event()
    works = Works(running=3)
    started: list[Work[bool]] = [works.start(str(number), lambda _: go_on.wait(30)) for number in range(3)]
    assert works.is_full
    with pytest.raises(RejectedError, match="Wait until one has ended"):
        works.start("one more", lambda _: None)
    go_on.set()
    for work in started:
        work.wait(10)
    works.start("one more", lambda _: None).wait(10)
    assert works.all()[0].title == "one more"
