"""The failures of an event. The class of an exception decides what happens to the message."""

import traceback
from pathlib import Path
from typing import Literal, Self

from ingest.sqs_text import attribute_value

CauseClass = Literal[
    "envelope", "not-parsed", "template", "no-target", "refused", "too-large", "too-old", "transient", "unknown",
    "no-contact", "opted-out",  # of notifications only
]  # fmt: skip


class Failure(Exception):  # noqa: N818 - named, like its subclasses, after the decision
    """An event could not be processed. `reason` never holds a value from the body.

    `field` is a path in the route (`let.run_type`) or in the event; `target` is a kind and name (`topic:other`).
    """

    def __init__(
        self, cause_class: CauseClass, reason: str, *, route: str = "", target: str = "", field: str = ""
    ) -> None:
        super().__init__(f"{cause_class}: {reason}")
        self.cause_class = cause_class
        self.reason = reason
        self.route = route
        self.target = target
        self.field = field

    def at(self, route: str, target: str) -> Self:
        """Add the route and target of the failed delivery if they are unknown, and return the failure."""
        self.route, self.target = self.route or route, self.target or target
        return self

    @property
    def members(self) -> dict[str, str]:
        """The members for the log and for a dead letter, without the unknown ones."""
        members = {
            "class": self.cause_class,
            "reason": self.reason,
            "route": self.route,
            "target": attribute_value(self.target),
            "field": self.field,
        }
        return {name: value for name, value in members.items() if value}


class Transient(Failure):
    """A temporary failure: the message goes back to the queue and is received again."""


class DeliveryUncertain(Transient):
    """A delivery may be recorded as in progress: the message comes back only after that record has expired."""


class InProgress(DeliveryUncertain):
    """Another attempt at the same delivery is in progress: the message comes back soon after that one has ended."""


class Permanent(Failure):
    """A permanent failure: the message goes to the dead-letter queue at once."""


def as_failure(error: Exception) -> Failure:
    """Return a Failure as it is, and any other exception as a Transient with its class and place.

    The text of the exception is left out, because it can quote the body.
    """
    if isinstance(error, Failure):
        return error
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return Transient("unknown", f"{type(error).__name__} at {place}")
