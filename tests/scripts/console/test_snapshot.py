"""Snapshots: the last good value, its age, and why there is no newer one."""

import threading
from datetime import UTC, datetime, timedelta

from scripts.cli.exit_codes import FailedError
from scripts.console.background import Control, State
from scripts.console.snapshot import Snapshot, SnapshotReader, SnapshotReaders
from scripts.console.works import Works

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Source:
    """Counts how often it is read, and fails on demand."""

    def __init__(self) -> None:
        self.now = NOW
        self.reads = 0
        self.is_failing = False

    def clock(self) -> datetime:
        return self.now

    def read(self, _: Control) -> int:
        self.reads += 1
        if self.is_failing:
            raise FailedError("AWS answers ExpiredToken.")
        return self.reads


def reader(readers: SnapshotReaders, source: Source) -> SnapshotReader[int]:
    return readers.get("key", "reading", source.read)


def read(readers: SnapshotReaders, source: Source) -> Snapshot[int]:
    reader(readers, source).refresh(60)
    return reader(readers, source).wait()


def test_a_value_is_read_again_when_it_is_old() -> None:
    """A young value is not read again; an old one is, and one that was changed."""
    source = Source()
    readers = SnapshotReaders(Works(), source.clock)
    assert read(readers, source).value == 1
    source.now += timedelta(seconds=59)
    assert read(readers, source).value == 1
    source.now += timedelta(seconds=1)
    assert read(readers, source).value == 2
    reader(readers, source).expire()
    assert read(readers, source).value == 3


def test_a_failed_reading_leaves_the_last_good_value() -> None:
    """The value stays, is stale, and has the reason; the next good reading removes it."""
    source = Source()
    readers = SnapshotReaders(Works(), source.clock)
    taken_at = read(readers, source).taken_at
    source.is_failing = True
    source.now += timedelta(seconds=60)
    stale = read(readers, source)
    assert (stale.value, stale.taken_at) == (1, taken_at)
    assert stale.problem == "AWS answers ExpiredToken."
    source.is_failing = False
    source.now += timedelta(seconds=60)
    good = read(readers, source)
    assert (good.value, good.problem) == (3, "")


def test_a_first_reading_that_fails_has_no_value() -> None:
    """Without a good reading there is no value, rather than an empty one."""
    source = Source()
    source.is_failing = True
    snapshot = read(SnapshotReaders(Works(), source.clock), source)
    assert (snapshot.value, snapshot.taken_at) == (None, None)
    assert snapshot.problem


def test_rarely_used_snapshots_are_forgotten() -> None:
    """The number of snapshots is bounded, because each event that is looked at has one."""
    source = Source()
    readers = SnapshotReaders(Works(), source.clock)
    first = reader(readers, source)
    others = [readers.get(str(number), "reading", source.read) for number in range(100)]
    for other in others:
        other.refresh()
    for other in others:
        other.wait()
    assert reader(readers, source) is not first


def test_a_snapshot_stays_as_it_is() -> None:
    """A page that has begun is not changed by a reading that ends meanwhile."""
    source = Source()
    readers = SnapshotReaders(Works(), source.clock)
    begun = reader(readers, source).refresh()
    after = reader(readers, source).wait()
    assert (begun.value, begun.work is None) == (None, False)
    assert (after.value, after.work) == (1, None)


def test_what_was_changed_is_shown_until_the_next_reading() -> None:
    """The page after a change does not wait for a reading of it."""
    source = Source()
    readers = SnapshotReaders(Works(), source.clock)
    read(readers, source)
    reader(readers, source).replace(7)
    assert read(readers, source).value == 7
    reader(readers, source).expire()
    assert read(readers, source).value == 2


def test_a_forgotten_snapshot_is_not_read_on() -> None:
    """Nobody can see its value any more, and it holds a thread."""
    go_on = threading.Event()
    readers = SnapshotReaders(Works(), lambda: NOW)

    def read_slowly(control: Control) -> None:
        go_on.wait(30)
        control.check()

    work = readers.get("first", "reading", read_slowly).refresh().work
    for number in range(100):
        other = readers.get(str(number), "reading", lambda _: None)
        other.refresh()
        other.wait()
    go_on.set()
    assert work
    work.wait(10)
    assert work.state is State.cancelled


def test_a_reading_begins_later_if_too_much_is_read() -> None:
    """The page is answered without a value, and its next question finds room."""
    go_on = threading.Event()
    works = Works(running=1)
    other = works.start("other", lambda _: go_on.wait(30))
    source = Source()
    readers = SnapshotReaders(works, source.clock)
    waiting = read(readers, source)
    assert (waiting.value, waiting.work, waiting.problem) == (None, None, "")
    go_on.set()
    other.wait(10)
    assert read(readers, source).value == 1
