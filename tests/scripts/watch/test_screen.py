"""The screen of `watch`: what it shows, and what each key does."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import pytest
from rich.console import Console

from scripts.aws.logged_event import LoggedEvent
from scripts.watch.keys import Key
from scripts.watch.screen import WatchScreen
from scripts.watch.waiting import WaitingEvents
from tests.scripts.drain.test_report import FALLING
from tests.scripts.watch.events import event_of


class Follower:
    """Events in parts, one part for each poll."""

    pause_seconds = 0.0
    is_slowed = False
    summary = ""

    def __init__(self, *parts: list[LoggedEvent]) -> None:
        self.parts = list(parts)

    def poll(self, take: Callable[[list[LoggedEvent]], None]) -> None:
        if self.parts:
            take(self.parts.pop(0))


class Keys:
    """A user who presses these keys, one for each wait, then q; and who answers questions."""

    def __init__(self, *keys: Key, yes: bool = False) -> None:
        self.keys = [*keys, Key.quit]
        self.yes = yes
        self.waits = 0

    def __enter__(self) -> "Keys":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @contextmanager
    def released(self) -> Iterator[None]:
        yield

    def read(self, _seconds: float) -> list[Key]:
        return [self.keys.pop(0)]

    def wait(self) -> None:
        self.waits += 1

    def is_yes(self) -> bool:
        return self.yes


class Recorder:
    """Actions that note what they are called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def show(self, event: LoggedEvent) -> None:
        self.calls.append(("show", event.receipt_id))

    def explain(self, event: LoggedEvent) -> None:
        self.calls.append(("explain", event.receipt_id))

    def replay(self, event: LoggedEvent, confirm: Callable[[str], bool]) -> None:
        self.calls.append((f"replay {confirm('Replay it?')}", event.receipt_id))


def screen_of(follower: Any, keys: Any, actions: Any, height: int = 8) -> tuple[WatchScreen, Console]:
    console = Console(file=io.StringIO(), width=80, height=height, force_terminal=True, color_system=None)
    return WatchScreen(follower, actions, console, keys), console


def test_the_screen_shows_the_events_the_selected_one_and_the_keys() -> None:
    """On as many lines as the terminal has."""
    dead = event_of(2, outcome="dead", full_reason="refused: AWS returned NotFound")
    screen, console = screen_of(Follower([event_of(1), dead]), Keys(), Recorder())
    screen.run()
    with console.capture() as captured:
        console.print(screen.rendered())
    lines = captured.get().splitlines()
    assert len(lines) == 8
    assert lines[0].startswith("time     event")
    assert [" dead " in line for line in lines[1:3]] == [False, True]
    assert lines[6].strip() == "r2: refused: AWS returned NotFound"
    assert lines[7].strip() == "↑↓ select  s show  e explain  r replay  q quit  2 events"


def test_without_events_it_waits() -> None:
    """Keys for an event do nothing then."""
    actions = Recorder()
    screen, console = screen_of(Follower(), Keys(Key.show, Key.up), actions)
    screen.run()
    with console.capture() as captured:
        console.print(screen.rendered())
    assert "waiting for events" in captured.get()
    assert actions.calls == []


def test_throttling_is_shown() -> None:
    """Instead of the number of events."""
    follower = Follower()
    follower.is_slowed = True
    screen, console = screen_of(follower, Keys(), Recorder())
    with console.capture() as captured:
        console.print(screen.rendered())
    assert "AWS is busy, trying again" in captured.get()


@pytest.mark.parametrize("yes", [True, False])
def test_keys_act_on_the_selected_event(*, yes: bool) -> None:
    """After each action any key returns to the list, and new events are read."""
    keys = Keys(Key.up, Key.show, Key.first, Key.explain, Key.page_down, Key.replay, yes=yes)
    actions = Recorder()
    screen, _ = screen_of(Follower([event_of(1), event_of(2), event_of(3)], [event_of(4)]), keys, actions)
    screen.run()
    assert actions.calls == [("show", "r2"), ("explain", "r1"), (f"replay {yes}", "r4")]
    assert keys.waits == 3


def test_waiting_events_have_a_line_above_the_selected_one() -> None:
    """The list has a line less, and without waiting events none is lost."""
    waiting = WaitingEvents(lambda: FALLING, zone=UTC)
    console = Console(file=io.StringIO(), width=80, height=8, force_terminal=True, color_system=None)
    follower: Any = Follower([event_of(1)])
    keyboard: Any = Keys()
    screen = WatchScreen(follower, Recorder(), console, keyboard, waiting=waiting)
    screen.run()
    with console.capture() as captured:
        console.print(screen.rendered())
    lines = captured.get().splitlines()
    assert len(lines) == 8
    assert lines[-3].startswith("412 waiting, empty at about 14:14Z (14:11Z to 14:20Z")
