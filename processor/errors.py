"""What may go wrong with an event: an exception class is a decision about its message. No I/O, no AWS codes here."""

from typing import Literal

Category = Literal[
    "envelope", "not-parsed", "template", "no-target", "refused", "too-large", "transient", "unknown"
]  # fmt: skip


class Failure(Exception):  # noqa: N818 - named, like its kin, for the decision it stands for
    """An event could not be brought to its end. `reason` never holds a value from the body.

    `field` is a path in the route (`let.run_type`) or in the event; `target` is a kind and name (`topic:other`).
    """

    def __init__(self, category: Category, reason: str, *, route: str = "", target: str = "", field: str = "") -> None:
        super().__init__(f"{category}: {reason}")
        self.category = category
        self.reason = reason
        self.route = route
        self.target = target
        self.field = field


class Transient(Failure):
    """Trying again may help: the message goes back to the queue and comes again."""


class Permanent(Failure):
    """Trying again cannot help: the message belongs in the dead-letter queue."""
