"""The failures of a notification, beside those of an event. The class of an exception decides what happens to it."""

from processor.errors import Permanent, Transient

__all__ = ["Paced", "Permanent", "Throttled", "Transient", "Unconfirmed"]


class Throttled(Transient):
    """The service accepts no more for now. `retry_after` is in seconds, if the service said when to try again.

    A throttled attempt never makes a dead letter by itself: it is not counted as the last receive.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__("transient", reason)
        self.retry_after = retry_after


class Paced(Throttled):
    """It is too early to send this notification: its turn at the destination comes in `retry_after` seconds."""


class Unconfirmed(Transient):
    """The request was written and its answer was lost: the service may have accepted the notification.

    The setting `retry_unconfirmed` of the integration decides whether it is sent again.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("unknown", reason)
