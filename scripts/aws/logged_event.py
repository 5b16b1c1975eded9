"""Convert a log line of the processor: an event with its routes, targets and outcome, or an attempt to retry."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from processor.codes import code

ATTEMPTS: Final = '{ $.message = "outcome" || $.message = "retry" }'
"""The filter pattern for lines of outcomes and of attempts that will be retried."""

NOTIFICATION_TARGET: Final = "notification:"
"""The beginning of the target of a delivery that queues notifications."""

_SHORTEST: Final = 0.1

RETRY: Final = "retry"
DEAD: Final = "dead"
_DELIVERED: Final = "delivered"

# The outcomes of a delivery whose target has the event.
_REACHED: Final = ("delivered", "duplicate")


class PartialDelivery(NamedTuple):
    """How many of the deliveries of a dead event reached their target."""

    delivered: int
    deliveries: int

    def __str__(self) -> str:
        return f"partly delivered: {self.delivered} of {self.deliveries}"


class LoggedEvent(NamedTuple):
    """An event after an attempt. `at` is in milliseconds since 1970; `outcome` can be `retry`.

    `receipt_id` is empty for a message that ingest did not queue. `routes` and `targets` are in the order of the
    deliveries, `ms` is the duration of the attempt, and `reason` is the reason of its failure. `full_reason` is the
    same for people, with the place. `partial` is None unless the event is dead and some of its targets have it.
    """

    at: int
    receipt_id: str
    profile: str
    event: str
    routes: tuple[str, ...]
    targets: tuple[str, ...]
    outcome: str
    ms: float | None
    reason: str
    full_reason: str = ""
    partial: PartialDelivery | None = None

    @property
    def is_final(self) -> bool:
        """Whether the event has its outcome."""
        return self.outcome != RETRY

    @property
    def shown_outcome(self) -> str:
        """The outcome for people: `queued` if the event was delivered to nothing but topics of notifications."""
        return shown_outcome(self.targets, self.outcome)


def logged_event(at: int, members: Mapping[str, Any]) -> LoggedEvent | None:
    """Return the event of a line, or None for another line. Values of other types are ignored."""
    message = logged_text(members, "message")
    outcome = RETRY if message == RETRY else logged_text(members, "outcome")
    if message not in {"outcome", RETRY} or not outcome:
        return None
    deliveries = list(logged_deliveries(members))
    routes = tuple(dict.fromkeys(logged_text(delivery, "route") for delivery in deliveries))
    targets = tuple(logged_text(delivery, "target") for delivery in deliveries)
    duration = members.get("duration_ms")
    ms = float(duration) if isinstance(duration, (int, float)) else None
    event = code(logged_text(members, "event") or logged_text(members, "action"))
    receipt_id, profile = logged_text(members, "receipt_id"), logged_text(members, "profile")
    failure = members.get("failure")
    reasons = failure_reason(failure), failure_text(failure)
    partial = partial_delivery(members)
    return LoggedEvent(at, receipt_id, profile, event, routes, targets, outcome, ms, *reasons, partial)


def partial_delivery(members: Mapping[str, Any]) -> PartialDelivery | None:
    """Return how far a dead event was delivered, by the members of its outcome line; None if no target has it."""
    outcomes = [each.get("outcome") for each in logged_deliveries(members)]
    reached = sum(outcome in _REACHED for outcome in outcomes)
    return PartialDelivery(reached, len(outcomes)) if reached and members.get("outcome") == DEAD else None


def shown_outcome(targets: Collection[str], outcome: str) -> str:
    """Return an outcome for people. What is delivered to topics of notifications and nothing else is only queued."""
    is_queued = targets and all(target.startswith(NOTIFICATION_TARGET) for target in targets)
    return "queued" if is_queued and outcome == _DELIVERED else outcome


def outcome_text(event: LoggedEvent, seconds: float) -> str:
    """Return an outcome as words, such as "delivered to loan-created in 0.4 s"."""
    targets = ", ".join(target.removeprefix("topic:") for target in event.targets)
    took = f"in {seconds:.1f} s" if seconds >= _SHORTEST else f"in {seconds:.2f} s"
    if event.outcome == DEAD:
        partly = f" ({event.partial})" if event.partial else ""
        return f"dead letter{partly} {took}: {event.full_reason or 'no reason is logged'}"
    if event.outcome == _DELIVERED:
        return f"{_delivered_text(event)} {took}"
    if event.outcome == "duplicate":
        return f"duplicate {took}: {targets} has this event already"
    return f"{event.outcome} {took}" + (": no route matches this event" if event.outcome == "ignored" else "")


def _delivered_text(event: LoggedEvent) -> str:
    queued = [target for target in event.targets if target.startswith(NOTIFICATION_TARGET)]
    others = [target.removeprefix("topic:") for target in event.targets if target not in queued]
    topics = ", ".join(target.removeprefix(NOTIFICATION_TARGET) for target in queued)
    parts = [f"delivered to {', '.join(others)}"] if others else []
    return ", ".join([*parts, *([f"queued for the integrations of {topics}"] if queued else [])]) or _DELIVERED


def logged_deliveries(members: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the deliveries of a line. Values of other types are ignored."""
    deliveries = members.get("deliveries")
    yield from (each for each in (deliveries if isinstance(deliveries, list) else []) if isinstance(each, dict))


def failure_reason(failure: Any) -> str:
    """Return the class and the reason of a logged failure, or an empty string."""
    if not isinstance(failure, dict):
        return ""
    return ": ".join(filter(None, (logged_text(failure, "class"), logged_text(failure, "reason"))))


def failure_text(failure: Any) -> str:
    """Return the class and the reason of a logged failure, and in parentheses the route, target and field it has.

    The reason itself never names them, because a name can hold a value of the event.
    """
    if not isinstance(failure, dict):
        return ""
    where = ", ".join(
        f"{name} {value}" for name in ("route", "target", "field") if (value := logged_text(failure, name))
    )
    return failure_reason(failure) + (f" ({where})" if where else "")


def logged_text(members: Mapping[str, Any], name: str) -> str:
    """Return the member of a line if it is text, otherwise an empty string."""
    value = members.get(name)
    return value if isinstance(value, str) else ""


def has_queued(delivery: Mapping[str, Any]) -> bool:
    """Return whether a logged delivery queued notifications, now or, as a duplicate, before."""
    target, outcome = str(delivery.get("target")), delivery.get("outcome")
    return target.startswith(NOTIFICATION_TARGET) and outcome in _REACHED


def outcome_of(delivery: Mapping[str, Any]) -> str:
    """Return the outcome of a logged delivery for people."""
    return "queued for its integrations" if has_queued(delivery) else logged_text(delivery, "outcome")


def queued_by(delivery: Mapping[str, Any]) -> int:
    """Return how many notifications a logged delivery queued: at least one, for a duplicate does not say it again."""
    queued = delivery.get("queued")
    return queued if isinstance(queued, int) else 1
