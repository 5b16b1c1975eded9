"""Test the line of `watch` about waiting events."""

from collections.abc import Callable
from datetime import UTC

from botocore.exceptions import ClientError

from scripts.cli.exit_codes import ConfigurationError
from scripts.drain.estimate import Drain, QueueNow
from scripts.watch.waiting import LOOK_SECONDS, WaitingEvents
from tests.scripts.drain.test_report import FALLING

FIRST = "412 waiting, empty at about 14:14Z (14:11Z to 14:20Z, measured for 6 min)"


class Queue:
    """A queue whose looks are counted, and the time."""

    def __init__(self, *found: Drain | Exception) -> None:
        self.found, self.looks, self.seconds = list(found), 0, 0.0

    def read(self) -> Drain:
        self.looks += 1
        one = self.found.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    def waiting(self) -> WaitingEvents:
        monotonic: Callable[[], float] = lambda: self.seconds  # noqa: E731 -- a clock
        return WaitingEvents(self.read, zone=UTC, monotonic=monotonic)


def test_the_queue_is_looked_at_from_time_to_time() -> None:
    """The screen is drawn much more often."""
    queue = Queue(FALLING, FALLING._replace(now=QueueNow(FALLING.now.at, 0)))
    waiting = queue.waiting()
    assert waiting.text() == ""
    assert waiting.look()
    queue.seconds = LOOK_SECONDS - 1
    assert not waiting.look()
    assert waiting.text().startswith(FIRST)
    queue.seconds = LOOK_SECONDS
    assert waiting.look()
    assert (queue.looks, waiting.text()) == (2, "")


def test_only_whole_clauses_are_shown() -> None:
    """The end fits a terminal of 80 columns; the rest needs a wider one."""
    waiting = Queue(FALLING).waiting()
    waiting.look()
    assert waiting.text(80) == waiting.text(10) == FIRST
    assert waiting.text(140) == f"{FIRST}; at concurrency 100 at about 14:02Z, if the targets keep up"


def test_errors_are_shown_and_end_nothing() -> None:
    """The events are what somebody watches."""
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "GetQueueAttributes")
    queue = Queue(denied, ConfigurationError("The stack has no queue."))
    waiting = queue.waiting()
    waiting.look()
    right = "AWS denied access: the permission sqs:GetQueueAttributes is missing"
    assert waiting.text() == f"how many events wait is not known: {right}"
    queue.seconds = LOOK_SECONDS
    waiting.look()
    assert waiting.text() == "how many events wait is not known: The stack has no queue"
