"""Turn the log lines of a request into the entries of a timeline. Reads no log.

Of an event the functions log only its codes, so an entry holds no personal data.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from processor.codes import code
from scripts.aws.logged_event import RETRY, failure_text, logged_deliveries, logged_text, outcome_of, partial_delivery
from scripts.cli.plural import plural
from scripts.request_trace.log_line import LogLine
from scripts.request_trace.notified import PRODUCER, SENDER

INGEST: Final = "ingest"
PROCESSOR: Final = "processor"
AUDIT: Final = "audit"


class DeliveryLine(NamedTuple):
    """A logged delivery: its outcome (`failed` if it has none) and, if it failed, why. `execution` is an ARN."""

    route: str
    target: str
    outcome: str
    failure: str = ""
    execution: str = ""


class TimelineEntry(NamedTuple):
    """What happened at a time (`at`, milliseconds since 1970), and the log that says so.

    `failure` is why an attempt failed without a delivery that failed. `facts` are names with their values as text.
    """

    at: int
    log: str
    title: str
    failure: str = ""
    deliveries: tuple[DeliveryLine, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def timeline_of(lines: Sequence[LogLine]) -> list[TimelineEntry]:
    """Return an entry for each line, in the same order."""
    return [_entry(line) for line in lines]


def deliveries_of(line: LogLine) -> Iterator[DeliveryLine]:
    """Yield the deliveries of a line of the processor."""
    for each in logged_deliveries(line.members):
        failure = failure_text(each.get("failure"))
        outcome = "failed" if failure else outcome_of(each)
        yield DeliveryLine(logged_text(each, "route"), logged_text(each, "target"), outcome, failure, _execution(each))


def _entry(line: LogLine) -> TimelineEntry:
    deliveries = tuple(deliveries_of(line))
    has_failed = any(delivery.failure for delivery in deliveries)
    failure = "" if has_failed else failure_text(line.members.get("failure"))
    title = _TITLES.get(line.log, _other)(line.members)
    return TimelineEntry(line.at, line.log, title, failure, deliveries, tuple(_facts(line.members)))


def _received(members: Mapping[str, Any]) -> str:
    if logged_text(members, "message") != "accepted":
        return _other(members)
    return f"Received for the Alma profile {logged_text(members, 'profile')}, and put on the webhook queue"


def _attempted(members: Mapping[str, Any]) -> str:
    message, receives = logged_text(members, "message"), members.get("receives")
    attempt = f"Attempt {receives}" if isinstance(receives, int) else "Attempt"
    if message == RETRY:
        return f"{attempt} failed{_pause(members)}"
    if message != "outcome":
        return _other(members)
    partial = partial_delivery(members)
    return f"{attempt}: {logged_text(members, 'outcome')}" + (f", {partial}" if partial else "")


def _pause(members: Mapping[str, Any]) -> str:
    seconds = members.get("seconds_away")
    return f"; retried after {seconds:g} s" if isinstance(seconds, (int, float)) else "; retried"


def _posted(members: Mapping[str, Any]) -> str:
    queued = members.get("queued")
    count = f", {plural(queued, 'notification')} queued" if isinstance(queued, int) else ""
    return f"Post {logged_text(members, 'message')}{count}"


def _notified(members: Mapping[str, Any]) -> str:
    message, outcome = logged_text(members, "message"), logged_text(members, "outcome")
    topic, integration = logged_text(members, "topic"), logged_text(members, "integration")
    which = " ".join(filter(None, (topic.replace("+", "/"), integration)))
    return f"Notification {which}: {outcome or message}"


def _audited(members: Mapping[str, Any]) -> str:
    message, who = logged_text(members, "message") or "changed", logged_text(members, "who")
    result = logged_text(members, "result")
    of_notification = " (a notification)" if members.get("queue") == "notifications" else ""
    by = f" by {who}" if who else ""
    return f"{message.capitalize()}{of_notification}{by}" + (f": {result}" if result not in ("", "done") else "")


def _other(members: Mapping[str, Any]) -> str:
    return logged_text(members, "message") or "A line without a message"


_TITLES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    INGEST: _received,
    PROCESSOR: _attempted,
    PRODUCER: _posted,
    SENDER: _notified,
    AUDIT: _audited,
}

# The members that are shown beside the title, in this order.
_FACTS: Final = (
    *("action", "event", "identity", "bytes", "secret", "status", "reason", "detail", "channel", "type", "events"),
    *("parts", "replays", "redeliver", "command", "message_id", "duration_ms"),
)
_CODES: Final = frozenset({"action", "event"})


def _facts(members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _FACTS:
        value = members.get(name)
        if isinstance(value, bool):
            if value:
                yield name, "yes"
        elif isinstance(value, (str, int, float)) and value != "":
            yield name, code(str(value)) if name in _CODES else str(value)


def _execution(delivery: Mapping[str, Any]) -> str:
    arn = logged_text(delivery, "execution")
    return arn if arn.startswith("arn:") and ":execution:" in arn else ""
