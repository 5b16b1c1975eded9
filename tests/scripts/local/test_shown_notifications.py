"""What becomes of notifications is shown: each message once, and dead letters when their number changes."""

from typing import Any

import pytest

from scripts.cli.options import Output
from scripts.local.receiver.inbox import Inbox
from scripts.local.run_display import RunDisplay
from scripts.local.shown_notifications import ShownNotifications


class FakeNotifications:
    """Running notifications with these counts, one after the other."""

    def __init__(self, waiting: list[int], dead_letters: list[int]) -> None:
        self.inbox = Inbox(list)
        self.receiver = self
        self._waiting = waiting
        self._dead_letters = dead_letters

    def waiting(self) -> int:
        """Return the next number."""
        return self._waiting.pop(0)

    def dead_letters(self) -> int:
        """Return the next number."""
        return self._dead_letters.pop(0)


def shown(running: FakeNotifications, **clock: Any) -> ShownNotifications:
    given: Any = running
    return ShownNotifications(given, RunDisplay(Output.text), **clock)


def test_messages_and_dead_letters_are_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A message is one line, also one that was not accepted, and cannot control the terminal."""
    running = FakeNotifications([], [3, 3, 5, 5])
    subject = shown(running)
    running.inbox.add("slack", "team", "a\nb\x1b[31m", 200)
    running.inbox.add("http", "vendor", "{}", 404)
    assert (subject.show(), subject.show(), subject.show()) == (0, 2, 0)
    lines = [line[10:] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "slack to team: a\\nb\\x1b[31m",
        "http to vendor (answered 404): {}",
        "dead letters of notifications: 5",
    ]


def test_the_queue_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Then new dead letters are counted."""
    pauses = list[float]()
    assert shown(FakeNotifications([2, 1, 0], [0, 1]), sleep=pauses.append).settle() == 1
    assert len(pauses) == 2
    assert "still" not in capsys.readouterr().err


def test_a_paced_notification_is_not_waited_for_longer(capsys: pytest.CaptureFixture[str]) -> None:
    """It is said that some still wait."""
    times = iter([0.0, 41.0])
    assert shown(FakeNotifications([2], [0, 0]), monotonic=lambda: next(times)).settle() == 0
    assert "2 notifications still on the queue" in capsys.readouterr().err
