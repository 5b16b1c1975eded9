"""Snapshots: the last good value, its age, and why there is no newer one."""

from datetime import UTC, datetime, timedelta

from scripts.cli.exit_codes import FailedError
from scripts.console.background import Control, Works
from scripts.console.snapshot import Snapshot, Snapshots

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


def read(snapshots: Snapshots, source: Source) -> Snapshot[int]:
    snapshot = snapshots.get("key", "reading", source.read, 60)
    snapshot.wait()
    return snapshot


def test_a_value_is_read_again_when_it_is_old() -> None:
    """A young value is not read again; an old one is, and one that was changed."""
    source = Source()
    snapshots = Snapshots(Works(), source.clock)
    assert read(snapshots, source).value == 1
    source.now += timedelta(seconds=59)
    assert read(snapshots, source).value == 1
    source.now += timedelta(seconds=1)
    assert read(snapshots, source).value == 2
    read(snapshots, source).expire()
    assert read(snapshots, source).value == 3


def test_a_failed_reading_leaves_the_last_good_value() -> None:
    """The value stays, is stale, and has the reason; the next good reading removes it."""
    source = Source()
    snapshots = Snapshots(Works(), source.clock)
    taken_at = read(snapshots, source).taken_at
    source.is_failing = True
    source.now += timedelta(seconds=60)
    stale = read(snapshots, source)
    assert (stale.value, stale.taken_at, stale.is_stale) == (1, taken_at, True)
    assert stale.problem == "AWS answers ExpiredToken."
    source.is_failing = False
    source.now += timedelta(seconds=60)
    good = read(snapshots, source)
    assert (good.value, good.is_stale, good.problem) == (3, False, "")


def test_a_first_reading_that_fails_has_no_value() -> None:
    """Without a good reading there is no value, rather than an empty one."""
    source = Source()
    source.is_failing = True
    snapshot = read(Snapshots(Works(), source.clock), source)
    assert (snapshot.value, snapshot.taken_at, snapshot.is_stale) == (None, None, False)
    assert snapshot.problem


def test_rarely_used_snapshots_are_forgotten() -> None:
    """The number of snapshots is bounded, because each event that is looked at has one."""
    source = Source()
    snapshots = Snapshots(Works(), source.clock)
    first = read(snapshots, source)
    for number in range(100):
        snapshots.get(str(number), "reading", source.read, 60).wait()
    assert read(snapshots, source) is not first
