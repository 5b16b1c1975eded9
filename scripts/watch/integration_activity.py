"""Summarize what the sender of notifications did lately, by integration, from its log. Prints nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from notifications.json_body import json_members
from scripts.aws.context import StackContext
from scripts.aws.logged_event import ATTEMPTS, LoggedEvent
from scripts.aws.logs import log_errors_explained, pages
from scripts.aws.notifications_stack import log_groups_of_notifications
from scripts.aws.stack import Stack
from scripts.watch.notifications import logged_attempt

MOST_ATTEMPTS: Final = 20_000
"""How many attempts are read at most; the oldest ones come first, so the result then says that it is partial."""


class IntegrationName(NamedTuple):
    """The topic as `channel/topic`, and the name of an integration of it."""

    topic: str
    integration: str


class IntegrationActivity(NamedTuple):
    """The number of attempts of an integration by outcome, `retry` among them, and its latest attempt."""

    counts: Mapping[str, int]
    last: LoggedEvent

    @property
    def last_at(self) -> datetime:
        """The time of the latest attempt, in UTC."""
        return datetime.fromtimestamp(self.last.at / 1000, UTC)


class Activity(NamedTuple):
    """The activity of each integration. `is_partial` if there were more attempts than are read."""

    integrations: dict[IntegrationName, IntegrationActivity]
    is_partial: bool


def activity_of(scope: StackContext, notifications: Stack, since: int, until: int) -> Activity:
    """Return the activity between two times, in milliseconds since 1970.

    Raise FailedError if the log cannot be read, and botocore's errors.
    """
    group = log_groups_of_notifications(notifications)["sender"]
    attempts: dict[tuple[str | None, str], LoggedEvent] = {}
    with log_errors_explained(group, "logs:FilterLogEvents", ": check the region, or deploy the stack first"):
        for page in pages(scope.aws.logs, group, ATTEMPTS, since, until):
            for line in page:
                if attempt := logged_attempt(line["timestamp"], json_members(line["message"])):
                    attempts[line.get("eventId"), line["message"]] = attempt
            if len(attempts) >= MOST_ATTEMPTS:
                return Activity(summarized(attempts.values()), is_partial=True)
    return Activity(summarized(attempts.values()), is_partial=False)


def summarized(attempts: Iterable[LoggedEvent]) -> dict[IntegrationName, IntegrationActivity]:
    """Return the activity by integration."""
    found: dict[IntegrationName, list[LoggedEvent]] = {}
    for attempt in sorted(attempts, key=lambda attempt: attempt.at):
        name = IntegrationName(attempt.event, next(iter(attempt.targets), ""))
        found.setdefault(name, []).append(attempt)
    return {
        name: IntegrationActivity(Counter(each.outcome for each in several), several[-1])
        for name, several in found.items()
    }
