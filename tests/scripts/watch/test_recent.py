"""Test the latest events that a page asks for again and again: one reader for all, which ends when nobody looks."""

from collections.abc import Callable
from typing import Any, cast

from botocore.exceptions import ClientError

from scripts.aws.logged_event import LoggedEvent
from scripts.cli.exit_codes import FailedError
from scripts.watch.recent import BEGIN, IDLE_SECONDS, MOST_EVENTS, RecentEvents
from scripts.watch.service import EventFollower, TakeEvents
from tests.scripts.stack_logs import Site
from tests.scripts.watch.events import event_of


class Follower:
    """Passes one of `parts` at each poll, or raises it; afterwards `end` is called."""

    pause_seconds = 0.0

    def __init__(self, parts: list[list[LoggedEvent] | Exception], end: Callable[[], None]) -> None:
        self.parts, self._end = parts, end
        self.is_slowed = False

    def poll(self, take: TakeEvents) -> None:
        if not self.parts:
            self._end()
            return
        part = self.parts.pop(0)
        if isinstance(part, Exception):
            raise part
        take(part)


class Feed:
    """The recent events with a clock of its own. A started reader runs when `run` is called, until it has no parts."""

    def __init__(self, *parts: list[LoggedEvent] | Exception) -> None:
        self.now = 0.0
        self.is_slowed = False
        self.parts = list(parts)
        self.opened: list[Follower] = []
        self.started: list[Callable[[], None]] = []
        self.recent = RecentEvents(self._open, lambda: self.now, self.started.append)

    def _open(self) -> EventFollower:
        self.opened.append(Follower(self.parts, self._pass_idle_time))
        self.opened[-1].is_slowed = self.is_slowed
        return cast("EventFollower", self.opened[-1])

    def _pass_idle_time(self) -> None:
        self.now += IDLE_SECONDS

    def run(self) -> None:
        self.started.pop(0)()

    def ids(self) -> list[str]:
        return [event.receipt_id for event in self.recent.look().events]


def test_the_newest_event_is_first() -> None:
    """The first look starts to read and returns at once."""
    feed = Feed([event_of(1)], [event_of(2), event_of(3)])
    assert feed.recent.look()[1:] == ((), False, False, "")
    feed.run()
    assert feed.ids() == ["r3", "r2", "r1"]
    assert feed.recent.look().is_read


def test_many_pages_share_one_reader() -> None:
    """Sixty looks start a single thread."""
    feed = Feed([event_of(1)])
    for _ in range(60):
        feed.recent.look()
    assert len(feed.started) == 1


def test_reading_ends_when_nobody_looks() -> None:
    """The next look goes on with the same follower, so no event is left out."""
    feed = Feed([event_of(1)])
    feed.recent.look()
    feed.run()  # it ends
    assert feed.now == IDLE_SECONDS
    feed.parts.append([event_of(2)])
    feed.recent.look()
    feed.run()
    assert len(feed.opened) == 1
    assert feed.ids() == ["r2", "r1"]


def test_after_a_long_pause_old_events_are_dropped() -> None:
    """A list with a gap would be read as complete."""
    feed = Feed([event_of(1)])
    feed.recent.look()
    feed.run()
    feed.now += BEGIN.total_seconds() + 1
    feed.parts.append([event_of(2)])
    feed.recent.look()
    feed.run()
    assert len(feed.opened) == 2
    assert feed.ids() == ["r2"]


def test_old_events_are_forgotten() -> None:
    """Memory stays flat."""
    feed = Feed([event_of(number) for number in range(MOST_EVENTS + 5)])
    feed.recent.look()
    feed.run()
    assert (len(feed.ids()), feed.ids()[-1]) == (MOST_EVENTS, "r5")


def test_each_change_has_another_revision() -> None:
    """A page without news need not be drawn again."""
    feed = Feed([event_of(1)])
    before = feed.recent.look().revision
    feed.run()
    after = feed.recent.look().revision
    assert before != after
    feed.run()
    assert feed.recent.look().revision == after


def test_an_error_is_shown_and_the_events_stay() -> None:
    """Reading begins again after ten seconds, and the problem disappears."""
    denied = FailedError("AWS denied access to log group p: you need logs:FilterLogEvents on it.")
    feed = Feed([event_of(1)], denied)
    feed.recent.look()
    feed.run()
    view = feed.recent.look()
    assert (view.problem, len(view.events), feed.started) == (str(denied), 1, [])
    feed.now += 10
    feed.parts.append([event_of(2)])
    feed.recent.look()
    feed.run()
    assert (feed.recent.look().problem, feed.ids()) == ("", ["r2", "r1"])


def test_an_error_of_aws_is_one_sentence() -> None:
    """Also one at the first call, when nothing was read."""
    answer: Any = {"Error": {"Code": "ExpiredToken", "Message": "The token is expired"}}
    feed = Feed(ClientError(answer, "FilterLogEvents"))
    feed.recent.look()
    feed.run()
    view = feed.recent.look()
    assert view.problem == "AWS rejected FilterLogEvents: ExpiredToken, The token is expired."
    assert not view.is_read


def test_throttling_is_shown() -> None:
    """The events follow later."""
    feed = Feed([event_of(1)])
    feed.is_slowed = True
    feed.recent.look()
    feed.run()
    assert feed.recent.look().is_slowed


def test_nothing_is_read_after_the_stop() -> None:
    """The console ends."""
    feed = Feed([event_of(1)])
    feed.recent.look()
    feed.recent.stop()
    feed.run()
    assert feed.ids() == []
    assert feed.started == []


def test_the_events_of_a_stack_are_read(site: Site) -> None:
    """From some minutes ago on."""
    site.ended("delivered", "r1", age=300)
    started: list[Callable[[], None]] = []
    now = [0.0]
    recent = RecentEvents(lambda: Once(site, now), lambda: now[0], started.append)
    recent.look()
    started[-1]()
    assert [event.receipt_id for event in recent.look().events] == ["r1"]


class Once(EventFollower):
    """Reads once."""

    def __init__(self, site: Site, now: list[float]) -> None:
        super().__init__(site.scope, BEGIN)
        self._now = now

    @property
    def pause_seconds(self) -> float:
        return 0.0

    def poll(self, take: TakeEvents) -> None:
        super().poll(take)
        self._now[0] += IDLE_SECONDS
