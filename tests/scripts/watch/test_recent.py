"""Test the latest events that pages ask for again and again: read once for all, and only while somebody looks."""

from collections.abc import Callable
from typing import Any, cast

from botocore.exceptions import ClientError

from scripts.aws.event_follower import EventFollower, TakeEvents
from scripts.aws.logged_event import LoggedEvent
from scripts.cli.exit_codes import FailedError
from scripts.watch.recent import BEGIN, MOST_EVENTS, RecentEvents
from tests.scripts.stack_logs import Site
from tests.scripts.watch.events import event_of

Part = list[LoggedEvent] | Exception


class Follower:
    """Passes the first of `parts` at each poll, or raises it."""

    pause_seconds = 2.0

    def __init__(self, parts: list[Part], *, is_slowed: bool) -> None:
        self._parts = parts
        self.is_slowed = is_slowed

    def poll(self, take: TakeEvents) -> None:
        part = self._parts.pop(0) if self._parts else []
        if isinstance(part, Exception):
            raise part
        if part:
            take(part)


class Feed:
    """The recent events with a clock of its own. A reading that was started runs when `run` is called."""

    def __init__(self, *parts: Part, is_slowed: bool = False) -> None:
        self.now = 0.0
        self.parts = list(parts)
        self.is_slowed = is_slowed
        self.opened = 0
        self.started: list[Callable[[], None]] = []
        self.recent = RecentEvents(self._open, lambda: self.now, self.started.append)

    def _open(self) -> EventFollower:
        self.opened += 1
        return cast("EventFollower", Follower(self.parts, is_slowed=self.is_slowed))

    def read(self, seconds: float = 0.0) -> None:
        """Look after these seconds, and let the reading run that this starts."""
        self.now += seconds
        self.recent.look()
        self.started.pop(0)()

    def ids(self) -> list[str]:
        return [event.receipt_id for event in self.recent.look().events]


def test_the_newest_event_is_first() -> None:
    """The first look starts to read and returns at once."""
    feed = Feed([event_of(1), event_of(2)], [event_of(3)])
    assert feed.recent.look()[1:] == ((), False, False, "")
    feed.started.pop()()
    feed.read(2)
    assert feed.ids() == ["r3", "r2", "r1"]
    assert feed.recent.look().is_read


def test_many_pages_share_one_reading() -> None:
    """Sixty looks start one, while it runs and before the next one is due."""
    feed = Feed([event_of(1)])
    for _ in range(60):
        feed.recent.look()
    [read] = feed.started
    read()
    feed.recent.look()
    assert len(feed.started) == 1
    feed.now += 2
    feed.recent.look()
    assert len(feed.started) == 2


def test_after_a_short_pause_no_event_is_left_out() -> None:
    """The log is read on from where the reading stopped."""
    feed = Feed([event_of(1)], [event_of(2)])
    feed.read()
    feed.read(BEGIN.total_seconds())
    assert (feed.opened, feed.ids()) == (1, ["r2", "r1"])


def test_after_a_long_pause_old_events_are_dropped() -> None:
    """A list with a gap would be read as complete."""
    feed = Feed([event_of(1)], [event_of(2)])
    feed.read()
    feed.read(BEGIN.total_seconds() + 1)
    assert (feed.opened, feed.ids()) == (2, ["r2"])


def test_old_events_are_forgotten() -> None:
    """Memory stays flat."""
    feed = Feed([event_of(number) for number in range(MOST_EVENTS + 5)])
    feed.read()
    assert (len(feed.ids()), feed.ids()[-1]) == (MOST_EVENTS, "r5")


def test_each_change_has_another_revision() -> None:
    """A page without news need not be drawn again."""
    feed = Feed([event_of(1)])
    before = feed.recent.look().revision
    feed.started.pop()()
    after = feed.recent.look().revision
    assert before != after
    feed.read(2)
    assert feed.recent.look().revision == after


def test_an_error_is_shown_and_the_events_stay() -> None:
    """Reading begins again after ten seconds, and the problem disappears."""
    denied = FailedError("AWS denied access to log group p: you need logs:FilterLogEvents on it.")
    feed = Feed([event_of(1)], denied, [event_of(2)])
    feed.read()
    feed.read(2)
    view = feed.recent.look()
    assert (view.problem, len(view.events), feed.started) == (str(denied), 1, [])
    feed.read(10)
    assert (feed.recent.look().problem, feed.ids()) == ("", ["r2", "r1"])


def test_an_error_of_aws_is_one_sentence() -> None:
    """Also one at the first call, when nothing was read."""
    answer: Any = {"Error": {"Code": "ExpiredToken", "Message": "The token is expired"}}
    feed = Feed(ClientError(answer, "FilterLogEvents"))
    feed.read()
    view = feed.recent.look()
    assert view.problem == "AWS rejected FilterLogEvents: ExpiredToken, The token is expired."
    assert not view.is_read


def test_throttling_is_shown() -> None:
    """The events follow later."""
    feed = Feed(is_slowed=True)
    feed.read()
    assert feed.recent.look().is_slowed


def test_the_events_of_a_stack_are_read(site: Site) -> None:
    """From some minutes ago on."""
    site.ended("delivered", "r1", age=300)
    recent = RecentEvents(lambda: EventFollower(site.scope, BEGIN), start=lambda read: read())
    recent.look()
    assert [event.receipt_id for event in recent.look().events] == ["r1"]


def test_another_error_is_a_problem_without_its_text() -> None:
    """Python would print it with a traceback, and its text can quote a line of the log."""
    feed = Feed(ValueError("Secret Patron"), [event_of(1)])
    feed.read()
    assert feed.recent.look().problem == "The reading itself failed: ValueError."
    feed.read(10.0)
    assert (feed.recent.look().problem, feed.ids()) == ("", ["r1"])
