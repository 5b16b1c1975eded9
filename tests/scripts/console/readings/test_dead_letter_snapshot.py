"""The list of dead letters in the background, and one scan or change of a queue at a time."""

from scripts.console.background import State
from scripts.console.readings.dead_letter_snapshot import dead_letters, is_outdated, mark_changed
from scripts.dead_letters.queue_name import QueueName
from tests.scripts.console.desk import Desk
from tests.scripts.console.holder import Holder


def test_a_scan_waits_for_other_work_on_the_queue(desk: Desk) -> None:
    """A change hides dead letters from it, so that it would see a part of them."""
    console = desk.page.console
    desk.put("r1")
    holder = Holder(console)
    assert holder.has_it.wait(10)
    snapshot = dead_letters(console)
    work = snapshot.work
    assert work is not None
    while work.is_running and "waiting for other work" not in work.step:
        work.wait(0.01)
    other = Holder(console, QueueName.notifications)
    assert other.has_it.wait(10)
    assert (snapshot.value, work.is_running) == (None, True)
    for each in (holder, other):
        each.may_end.set()
    console.wait()
    snapshot = dead_letters(console)
    assert snapshot.value is not None
    assert [one.id for one in snapshot.value.dead_letters] == ["r1"]


def test_work_that_waits_can_be_cancelled(desk: Desk) -> None:
    """It never begins then."""
    console = desk.page.console
    first = Holder(console)
    assert first.has_it.wait(10)
    second = Holder(console)
    second.work.cancel()
    second.work.wait(10)
    assert (second.work.state, second.has_it.is_set()) == (State.cancelled, False)
    first.may_end.set()
    console.wait()
    third = Holder(console)
    assert third.has_it.wait(10)
    third.may_end.set()


def test_each_list_of_a_changed_queue_is_read_again(desk: Desk) -> None:
    """Those with a condition too, each once; the other queue is not affected."""
    console, where = desk.page.console, "action == 'LOAN'"
    for condition in ("", where):
        dead_letters(console, where=condition)
    desk.page.wait()
    desk.put("r1")
    mark_changed(console, QueueName.notifications)
    assert [dead_letters(console, where=condition).work for condition in ("", where)] == [None, None]
    mark_changed(console, QueueName.webhooks)
    for condition in ("", where):
        dead_letters(console, where=condition)
        desk.page.wait()
        snapshot = dead_letters(console, where=condition)
        assert snapshot.value is not None
        assert len(snapshot.value.dead_letters) == 1
        assert snapshot.work is None


def test_a_list_of_before_a_change_is_outdated_until_it_was_read_again(desk: Desk) -> None:
    """Only while it is read again: after a failure the last list is better than none."""
    console = desk.page.console
    dead_letters(console)
    desk.page.wait()
    assert not is_outdated(console, dead_letters(console))
    mark_changed(console, QueueName.webhooks)
    holder = Holder(console)
    assert holder.has_it.wait(10)
    assert is_outdated(console, dead_letters(console))
    assert not is_outdated(console, dead_letters(console)._replace(work=None))
    holder.may_end.set()
    console.wait()
    assert not is_outdated(console, dead_letters(console))
