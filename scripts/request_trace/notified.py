"""Decide from the log lines of a request whether its notifications have all ended. Reads no log."""

from collections.abc import Sequence
from typing import Final

from notifications.sender_outcomes import SenderOutcome
from scripts.aws.logged_event import has_queued, logged_deliveries, queued_by
from scripts.request_trace.log_line import LogLine

PRODUCER: Final = "producer"
SENDER: Final = "sender"

_REPLAYS: Final = ("replayed", "edited")


def have_notifications_ended(lines: Sequence[LogLine]) -> bool:
    """Return whether each queued notification, and each replay of one, has an outcome.

    The processor's line does not say how many notifications a duplicate had queued: at least one is awaited for it.
    """
    attempts = [line for line in lines if line.log == SENDER and line.members.get("message") in ("outcome", "retry")]
    last = {_integration_of(line): line.members["message"] for line in sorted(attempts, key=lambda line: line.at)}
    ended = [line for line in attempts if line.members["message"] == "outcome"]
    expected = sum(_queued_by(line) for line in lines) + sum(is_replay(line, "notifications") for line in lines)
    expected += sum(line.members.get("outcome") == SenderOutcome.FALLBACK.value for line in ended)
    return len(ended) >= expected and "retry" not in last.values()


def _queued_by(line: LogLine) -> int:
    """Return how many notifications a line says were queued, at least."""
    if line.log == PRODUCER:
        queued = line.members.get("queued")
        return queued if isinstance(queued, int) else 0
    if line.log != "processor" or line.members.get("message") != "outcome":
        return 0
    return sum(queued_by(each) for each in logged_deliveries(line.members) if has_queued(each))


def is_replay(line: LogLine, queue: str | None = None) -> bool:
    """Return whether an audit line says that an event was sent again, or with `queue` a message of that queue."""
    members = line.members
    is_sent = members.get("result") in ("done", "sent, not deleted") and members.get("message") in _REPLAYS
    return line.log == "audit" and is_sent and (members.get("queue") or None) == queue


def _integration_of(line: LogLine) -> tuple[str, str]:
    return str(line.members.get("topic")), str(line.members.get("integration"))
