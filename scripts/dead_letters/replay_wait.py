"""Wait for the outcomes of replayed events."""

from typing import NamedTuple

from scripts.aws.context import StackContext
from scripts.aws.logged_event import LoggedEvent
from scripts.aws.outcome_wait import OutcomeWait
from scripts.dead_letters.dead_letter import DeadLetter


class ReplayedEvent(NamedTuple):
    """The outcome of a replayed event, and the seconds from its sending until the outcome was logged."""

    event: LoggedEvent
    seconds: float


class ReplayWait:
    """The outcomes of replayed events: those `found` so far, and the IDs of those that are `missing`.

    Create it before the replay, pass `on_sent` to the replay, and call `run` after it.
    """

    def __init__(self, scope: StackContext) -> None:
        self._wait = OutcomeWait(scope)
        self._sent_at: dict[str, float] = {}
        self.found: list[ReplayedEvent] = []

    def on_sent(self, dead_letter: DeadLetter) -> None:
        """Remember that the event of this dead letter was sent now."""
        self._sent_at.setdefault(dead_letter.id, self._wait.clock())

    def run(self, seconds: float) -> None:
        """Wait until every event has its outcome, or these seconds are over.

        Raise FailedError if the log cannot be read, and botocore's errors.
        """
        for event in self._wait.outcomes(self._sent_at, seconds):
            self.found.append(ReplayedEvent(event, max(0.0, event.at / 1000 - self._sent_at[event.receipt_id])))

    @property
    def missing(self) -> list[str]:
        """The IDs of sent events without an outcome, in the order of their sending."""
        found = {each.event.receipt_id for each in self.found}
        return [id_ for id_ in self._sent_at if id_ not in found]

    def last_reason(self, receipt_id: str) -> str:
        """Return why the last attempt at a missing event failed, or an empty string."""
        attempt = self._wait.failed_attempts.get(receipt_id)
        return attempt.reason if attempt else ""
