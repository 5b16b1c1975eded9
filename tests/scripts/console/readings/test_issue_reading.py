"""How the issues are read in the background."""

from datetime import UTC, datetime
from threading import Event
from unittest.mock import Mock

import pytest

from scripts.console.console import Console
from scripts.console.readings.issue_reading import read_issues
from scripts.dead_letters.store import DeadLetterStore
from scripts.issues.failures import failures_of_dead_letters
from scripts.issues.service import IssueService
from tests.scripts.dead_letters.notified import NotificationQueues
from tests.scripts.dead_letters.queues import Queues
from tests.scripts.issues.site import IssueSite, made

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.fixture
def site(dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> IssueSite:
    """A stack without failures, states and notifications."""
    monkeypatch.setattr("scripts.issues.service.notifications_of", lambda _: None)
    return made(dead_letters.scope, queues)


def test_reading_does_not_wait(site: IssueSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no listing while the states are being read, and what is missing is named."""
    console, answered, states = Console(site.scope), Event(), IssueService.states
    monkeypatch.setattr(IssueService, "states", lambda service: answered.wait() and states(service))
    first = read_issues(console)
    assert (first.listing, first.is_partial) == (None, True)
    answered.set()
    console.wait()
    second = read_issues(console)
    assert second.listing
    assert ([*second.snapshots], second.unread, second.is_partial) == (
        ["Dead letters", "Executions", "States"],
        (),
        False,
    )


def test_a_listing_is_grouped_once(site: IssueSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are loaded again and again do not group thousands of dead letters each time."""
    console, grouped = Console(site.scope), Mock(wraps=failures_of_dead_letters)
    site.put("r1", AT)
    monkeypatch.setattr("scripts.console.readings.issue_reading.failures_of_dead_letters", grouped)
    for _ in range(3):
        read_issues(console)
        console.wait()
    assert grouped.call_count == 1


def test_notifications_are_read_if_the_stage_has_them(
    site: IssueSite, notified: NotificationQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their dead letters have a snapshot of their own."""
    store = notified.opened(site.scope).other
    notified.put()
    monkeypatch.setattr("scripts.issues.service.notifications_of", lambda _: store.stack if store else None)
    monkeypatch.setattr("scripts.dead_letters.store.required_notifications", lambda _: store.stack if store else None)
    console = Console(site.scope)
    for _ in range(3):
        reading = read_issues(console)
        console.wait()
    assert "Dead letters of notifications" in reading.snapshots
    assert reading.listing
    assert [str(each.cause.source) for each in reading.listing.issues] == ["notifications"]
