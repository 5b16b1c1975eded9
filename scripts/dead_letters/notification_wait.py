"""Wait for the outcomes of replayed notifications in the log of the sender."""

from collections.abc import Mapping
from typing import Any, Final

from ingest.envelope import Envelope, EnvelopeError
from ingest.sqs_text import attribute_value
from notifications.notification import Notification
from scripts.aws.logged_event import LoggedEvent, logged_event
from scripts.aws.outcome_wait import OutcomeLog
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.replay_wait import ReplayWait
from scripts.dead_letters.store import DeadLetterStore

_NAMES: Final = ("type", "integration", "topic")  # of a line, which has none of them if the message was not readable


def open_notification_wait(dead_letters: DeadLetterStore) -> ReplayWait:
    """Return what waits for notifications. Raise ConfigurationError if the stack has no output for the log."""
    group = dead_letters.owner.output("SenderLogGroupName", "where the sender's log is")
    return ReplayWait(dead_letters.scope, OutcomeLog(group, logged_notification, _key_of_line), _key_of)


def logged_notification(at: int, members: Mapping[str, Any]) -> LoggedEvent | None:
    """Return the notification of a line of the sender, with its integration as the target; None for another line."""
    event = logged_event(at, members)
    texts = [str(members.get(name, "")) for name in _NAMES]
    return event._replace(targets=(_target(*texts),)) if event and any(texts) else event


def _key_of_line(event: LoggedEvent) -> str:
    return "\n".join((event.receipt_id, *event.targets))


def _key_of(dead_letter: DeadLetter) -> str:
    """Return the key of the line: the notifications of a post share their receipt ID."""
    receipt_id = dead_letter.attributes.get("receipt_id", "")
    try:
        notification = Notification.decode(Envelope.decode(dead_letter.body, dead_letter.attributes).body)
    except EnvelopeError:
        return receipt_id
    texts = (str(notification.credentials.get("type", "")), notification.name, notification.topic)
    return "\n".join((receipt_id, _target(*map(attribute_value, texts))))


def _target(kind: str, name: str, topic: str) -> str:
    return f"{kind}:{name}@{topic}"
