"""Follow the notifications of a stack: each outcome and each failed attempt of an integration, once. Prints nothing."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from scripts.aws.clock import Clock
from scripts.aws.context import StackContext
from scripts.aws.event_follower import EventFollower, OutcomeLog, TakeEvents
from scripts.aws.logged_event import LoggedEvent, logged_event
from scripts.aws.notifications_stack import log_groups_of_notifications, required_notifications
from scripts.cli.times import Moment, rfc3339_of
from scripts.watch.report import WatchFormat


class NotificationFollower(EventFollower):
    """The notifications of a stack as the sender logs them, with counts by integration."""

    def __init__(self, scope: StackContext, since: Moment | None = None, clock: Clock | None = None) -> None:
        group = log_groups_of_notifications(required_notifications(scope))["sender"]
        super().__init__(scope, since, clock, OutcomeLog(group, logged_attempt))
        self._counts: dict[str, Counter[str]] = {}

    @property
    def summary(self) -> str:
        """The counts by integration: `library/jobs team: 2 accepted, 1 dead; …`."""
        by_name = sorted(self._counts.items())
        return "; ".join(f"{name}: {_listed(counts)}" for name, counts in by_name) or "no notifications"

    def poll(self, take: TakeEvents) -> None:
        """Pass the new notifications to `take`, and count them. Raise what the base class raises."""

        def count(events: list[LoggedEvent]) -> None:
            for event in events:
                name = " ".join((event.event, *event.targets))
                self._counts.setdefault(name, Counter())[event.outcome] += 1
            take(events)

        super().poll(count)


def logged_attempt(at: int, members: Mapping[str, Any]) -> LoggedEvent | None:
    """Return an attempt of the sender: the topic as the event, the integration as the target, its type as the route."""
    attempt = logged_event(at, members)
    if attempt is None:
        return None
    topic, *names = (str(members.get(name, "")) for name in ("topic", "type", "integration"))
    routes, targets = ((name,) if name else () for name in names)
    return attempt._replace(event=topic.replace("+", "/", 1), routes=routes, targets=targets)


def attempt_data(attempt: LoggedEvent) -> dict[str, Any]:
    """Return an attempt as JSON data."""
    return {
        "at": rfc3339_of(attempt.at),
        "receipt_id": attempt.receipt_id,
        "topic": attempt.event,
        "integration": next(iter(attempt.targets), ""),
        "type": next(iter(attempt.routes), ""),
        "outcome": attempt.outcome,
        "ms": attempt.ms,
        "reason": attempt.reason,
    }


NOTIFICATION_FORMAT: Final = WatchFormat(("time", "topic", "type", "integration", "outcome", "ms"), attempt_data)


def _listed(counts: "Counter[str]") -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
