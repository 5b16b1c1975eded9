"""What may go wrong with an event: an exception class is a decision about its message. No I/O, no AWS codes here."""

import traceback
from pathlib import Path
from typing import Literal, Self

from ingest.sqs_text import attribute_value

CauseClass = Literal[
    "envelope", "not-parsed", "template", "no-target", "refused", "too-large", "too-old", "transient", "unknown"
]  # fmt: skip


class Failure(Exception):  # noqa: N818 - named, like its kin, for the decision it stands for
    """An event could not be brought to its end. `reason` never holds a value from the body.

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
        """The failure, with the route and target of the delivery that failed where it did not know them."""
        self.route, self.target = self.route or route, self.target or target
        return self

    @property
    def members(self) -> dict[str, str]:
        """What the log and a dead letter say of it; what is not known is left out."""
        members = {
            "class": self.cause_class,
            "reason": self.reason,
            "route": self.route,
            "target": attribute_value(self.target),
            "field": self.field,
        }
        return {name: value for name, value in members.items() if value}


class Transient(Failure):
    """Trying again may help: the message goes back to the queue and comes again."""


class DeliveryUncertain(Transient):
    """A delivery may be recorded as in progress: the message stays away until that record must have freed itself."""


class InProgress(DeliveryUncertain):
    """Another attempt at the same delivery is under way: the message comes back as soon as that one must have ended."""


class Permanent(Failure):
    """Trying again cannot help: the message belongs on the dead-letter queue, now."""


def as_failure(error: Exception) -> Failure:
    """The failure, or what is made of an exception that is not ours: transient, with its class and place only.

    Its text can quote the body.
    """
    if isinstance(error, Failure):
        return error
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return Transient("unknown", f"{type(error).__name__} at {place}")
