"""Wait for the outcomes of replayed events or notifications."""

from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

from scripts.aws.context import StackContext
from scripts.aws.logged_event import LoggedEvent
from scripts.aws.outcome_wait import OutcomeLog, OutcomeWait
from scripts.dead_letters.dead_letter import DeadLetter


class ReplayedEvent(NamedTuple):
    """The outcome of a replayed event, and the seconds from its sending until the outcome was logged."""

    event: LoggedEvent
    seconds: float


class _Sent(NamedTuple):
    id: str
    at: float


class ReplayWait:
    """The outcomes of replayed events: those `found` so far, and the IDs of those that are `missing`.

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
        self._sent: dict[str, _Sent] = {}
        self.log_group = log.group if log else ""
        self.found: list[ReplayedEvent] = []

    def on_sent(self, dead_letter: DeadLetter) -> None:
        """Remember that the event of this dead letter, which has the body that was sent, was sent now."""
        self._sent.setdefault(self._key_of(dead_letter), _Sent(dead_letter.id, self._wait.clock()))

    def run(self, seconds: float) -> None:
        """Wait until every event has its outcome, or these seconds are over. A further call waits for the missing ones.

        Raise FailedError if the log cannot be read, and botocore's errors.
        """
        found = {self._log_key(each.event) for each in self.found}
        for event in self._wait.outcomes(self._sent.keys() - found, seconds):
            sent_at = self._sent[self._log_key(event)].at
            self.found.append(ReplayedEvent(event, max(0.0, event.at / 1000 - sent_at)))

    @property
    def missing(self) -> list[str]:
        """The IDs of sent events without an outcome, in the order of their sending."""
        return [id_ for id_, _ in self.missing_attempts]

    @property
    def missing_attempts(self) -> list[tuple[str, str]]:
        """The same with the reason why the last attempt at each failed, or an empty string."""
        found = {self._log_key(each.event) for each in self.found}
        failed = self._wait.failed_attempts
        return [
            (sent.id, failed[key].reason if key in failed else "")
            for key, sent in self._sent.items()
            if key not in found
        ]
