"""Where the pages of issues lead."""

import pytest

from scripts.console.readings.issue_links import (
    facts_of,
    failures_path,
    is_selected_exactly,
    latest_event_path,
)
from scripts.issues.cause import IssueCause, IssueSource
from scripts.issues.failures import FailureGroup
from scripts.issues.issue import Issue

LOANS = IssueCause(IssueSource.webhooks, "template", "loans", "topic:loan-created")
MAIL = IssueCause(IssueSource.notifications, "refused", target="email:team@library+jobs")
POD = IssueCause(IssueSource.executions, state_machine="pod & co", status="FAILED", error="E")


def issue(cause: IssueCause, example: str) -> Issue:
    return Issue(cause, FailureGroup(cause, [], example), None)


def test_failures_are_listed_by_the_filters_of_their_page() -> None:
    """Names are encoded, and empty ones are left out."""
    assert failures_path(LOANS) == "/dead-letters?cause=template&route=loans&target=topic%3Aloan-created"
    assert failures_path(MAIL).startswith("/dead-letters?queue=notifications&cause=refused&target=email")
    assert failures_path(POD) == "/executions?state_machine=pod+%26+co&status=FAILED"
    assert IssueCause(IssueSource.webhooks, "crashed").filters == {"cause": "crashed"}


@pytest.mark.parametrize(
    ("cause", "expected"),
    [(LOANS, True), (MAIL, True), (LOANS._replace(field="message"), False), (LOANS._replace(route=""), False)],
)
def test_filters_cannot_select_by_field_or_by_a_missing_name(cause: IssueCause, *, expected: bool) -> None:
    """Dead letters of other issues may match them too; notifications have no route."""
    assert is_selected_exactly(cause) is expected


def test_only_an_event_has_a_page() -> None:
    """A receipt ID from elsewhere can be any text; an execution may have only its name."""
    assert latest_event_path(issue(LOANS, "a/../b?c")) == "/events/a%2F..%2Fb%3Fc"
    assert latest_event_path(issue(POD, "pod-1")) == ""
    assert latest_event_path(issue(POD, "0123456789abcdef" * 2)) == f"/events/{'0123456789abcdef' * 2}"


def test_facts_are_for_people() -> None:
    """A topic of notifications has a slash, and what is empty is left out."""
    assert facts_of(MAIL) == [("target", "email:team@library/jobs")]
    assert facts_of(POD) == [("target", "state_machine:pod & co")]
