"""Wait for the outcomes of replayed events, or of replayed notifications in the log of the sender."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

from ingest.envelope import Envelope, EnvelopeError
from ingest.sqs_text import attribute_value
from notifications.notification import Notification
from scripts.aws.context import StackContext
from scripts.aws.event_follower import OutcomeLog
from scripts.aws.logged_event import LoggedEvent, logged_event
from scripts.aws.outcome_wait import OutcomeWait
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.store import DeadLetterStore

_NAMES: Final = ("type", "integration", "topic")  # of a line, which has none of them if the message was not readable


class ReplayWait:
    """The outcomes of replayed events: those `found` so far, and the IDs of those that are `missing`.

    Each outcome is found with the seconds from the sending of its event until it was logged.
    Create it before the replay, pass `on_sent` to the replay, and call `run` after it. `log` is another log than the
    processor's, and `key_of` returns the key in it of a dead letter that was sent.
    """

    def __init__(
        self,
        scope: StackContext,
        log: OutcomeLog | None = None,
        key_of: Callable[[DeadLetter], str] = attrgetter("id"),
    ) -> None:
        self._log_key: Callable[[LoggedEvent], str] = log.key if log else attrgetter("receipt_id")
        self._key_of = key_of
        self._wait = OutcomeWait(scope, log=log)
        self._missing: dict[str, tuple[str, float]] = {}  # the ID, and when it was sent
        self.log_group = log.group if log else ""
        self.found: list[tuple[LoggedEvent, float]] = []

    def on_sent(self, dead_letter: DeadLetter) -> None:
        """Remember that the event of this dead letter, which has the body that was sent, was sent now."""
        self._missing.setdefault(self._key_of(dead_letter), (dead_letter.id, self._wait.clock()))

    def run(self, seconds: float) -> None:
        """Wait until every event has its outcome, or these seconds are over. A further call waits for the missing ones.

        Raise FailedError if the log cannot be read, and botocore's errors.
        """
        for event in self._wait.outcomes(list(self._missing), seconds):
            key = self._log_key(event)
            _, sent_at = self._missing[key]
            self.found.append((event, max(0.0, event.at / 1000 - sent_at)))  # first: an event is never in neither
            del self._missing[key]

    @property
    def missing(self) -> list[str]:
        """The IDs of sent events without an outcome, in the order of their sending."""
        return [id_ for id_, _ in self.missing_attempts]

    @property
    def missing_attempts(self) -> list[tuple[str, str]]:
        """The same with the reason why the last attempt at each failed, or an empty string.

        The console asks for them while another thread waits.
        """
        failed = self._wait.failed_attempts
        return [(id_, failed[key].reason if key in failed else "") for key, (id_, _) in list(self._missing.items())]


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
