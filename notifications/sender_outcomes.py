"""The outcomes of notifications: a closed set. None says delivered: only acceptance by a service is known."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple


class SenderOutcome(Enum):
    """How the sender finished with a message. An attempt that raised is logged as a retry too."""

    ACCEPTED = "accepted"  # by the service
    DUPLICATE = "duplicate"  # accepted, summarized or replaced by its fallback before
    SUMMARIZED = "summarized"  # counted in a summary instead of being sent
    FALLBACK = "fallback"  # the person has no contact: the fallback of the topic was queued instead
    DEAD = "dead"  # failed permanently; its cause is in the dead-letter queue
    RETRY = "retry"  # sent to the queue again, as a new message


class SendingResult(NamedTuple):
    """An outcome; `reference` is the id by which the service knows the notification, if any.

    `events` is the number of events that an accepted summary is about. `is_recorded` is false if the record of an
    accepted notification could not be written, so that another message for it may be sent too. `facts` are those of
    the acceptance, or why there was a fallback.
    """

    outcome: SenderOutcome
    reference: str = ""
    events: int = 0
    is_recorded: bool = True
    facts: Mapping[str, object] = MappingProxyType({})

    @property
    def members(self) -> dict[str, object]:
        """The members for the log, without the usual ones."""
        members = {
            **self.facts,
            "outcome": self.outcome.value,
            "reference": self.reference,
            "events": self.events,
            "unrecorded": not self.is_recorded,
        }
        return {name: value for name, value in members.items() if value}
