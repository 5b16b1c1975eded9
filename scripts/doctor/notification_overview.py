"""Summarize the notifications of a stage: topics, their integrations, what the sender did, and what doctor finds."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from scripts.aws.context import StackContext
from scripts.aws.notifications_stack import required_notifications
from scripts.cli.times import milliseconds
from scripts.doctor.check import Finding, findings_of_all, open_subject
from scripts.doctor.notifications import checks_of
from scripts.project.declared_topics import declared_topics
from scripts.topics.differences import TopicAction, TopicDifference
from scripts.topics.references import MissingSecret
from scripts.topics.service import TopicService
from scripts.topics.topic_store import StoredTopic
from scripts.watch.integration_activity import Activity, IntegrationActivity, IntegrationName, activity_of

SPAN: Final = timedelta(hours=24)
"""How far back the activity begins."""

Examine = Callable[[StackContext], Iterable[Finding]]
"""Returns findings about the notifications of a stack."""


class IntegrationState(NamedTuple):
    """An integration of a topic. `activity` is None if the sender has logged nothing of it."""

    name: str
    type: str
    is_fallback: bool
    activity: IntegrationActivity | None


class TopicState(NamedTuple):
    """A topic. `problem` says why a stored one cannot be used; `difference` is None without a file to compare with.

    A topic that is only in the file has no integrations here, because nothing can be sent by it.
    """

    path: str
    id: str
    integrations: tuple[IntegrationState, ...]
    missing_secrets: tuple[str, ...]
    problem: str
    difference: TopicDifference | None

    @property
    def is_as_declared(self) -> bool:
        """Whether the topic is as in the file, or there is no file."""
        return self.difference is None or self.difference.action is TopicAction.unchanged


class NotificationOverview(NamedTuple):
    """The notifications of a stage. `file` is the name of the file compared with, or empty without one.

    `is_partial` if the log had more attempts since `since` than are counted.
    """

    topics: tuple[TopicState, ...]
    findings: tuple[Finding, ...]
    file: str
    since: datetime
    is_partial: bool


def notification_overview(scope: StackContext, examine: Examine | None = None) -> NotificationOverview:
    """Return the state of the notifications. `examine` returns the findings, by default those of doctor.

    Raise the errors of `required_notifications`, ConfigurationError for an invalid file, FailedError if the log cannot
    be read, and botocore's errors.
    """
    service = TopicService(scope)
    stored = {each.path: each for each in service.topics()}
    found, file = _differences(scope, service)
    until = datetime.now(UTC)
    since = until - SPAN
    activity = activity_of(scope, required_notifications(scope), milliseconds(since), milliseconds(until))
    missing = service.missing([*stored.values()])
    findings = tuple((examine or findings_of)(scope))
    states = (
        _topic_state(path, stored.get(path), found.get(path), missing, activity) for path in sorted({*stored, *found})
    )
    return NotificationOverview(tuple(states), findings, file, since, activity.is_partial)


def findings_of(scope: StackContext) -> list[Finding]:
    """Return what doctor finds about the notifications. Raise botocore's errors."""
    scope.aws.create_clients()  # before the threads start
    subject = open_subject(scope, None)
    return findings_of_all(checks_of(subject), subject)


def _differences(scope: StackContext, service: TopicService) -> tuple[dict[str, TopicDifference], str]:
    """Return the differences from the project's file by topic, and the name of the file; nothing without one."""
    project = scope.address.project
    if project is None or not project.notifications.is_file():
        return {}, ""
    differences: Iterable[TopicDifference] = service.plan(declared_topics(project.notifications)).differences
    return {each.path: each for each in differences}, project.notifications.name


def _topic_state(
    path: str,
    stored: StoredTopic | None,
    difference: TopicDifference | None,
    missing: list[MissingSecret],
    activity: Activity,
) -> TopicState:
    topic = stored.topic if stored else None
    entries = topic.entries if topic else ()
    integrations = (
        IntegrationState(
            each.name,
            each.type,
            topic is not None and each is topic.fallback,
            activity.integrations.get(IntegrationName(path, each.name)),
        )
        for each in entries
    )
    names = tuple(each.name for each in missing if path in each.topics)
    id_, problem = (stored.id, stored.problem) if stored else ("", "")
    return TopicState(path, id_, tuple(integrations), names, problem, difference)
