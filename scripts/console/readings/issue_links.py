"""What the pages of issues show of a cause, and where they lead: dead letters, executions and the event."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from scripts.console.event_links import event_path
from scripts.dead_letters.reports.cells import shown_target
from scripts.issues.cause import IssueCause, IssueSource
from scripts.issues.issue import Issue

# What ingest makes. The example of an execution can be its name instead, if nothing is known about its event.
_RECEIPT_ID: Final = re.compile(r"[0-9a-f]{32}")

# A form has at most twice as many fields.
MOST_IDS: Final = 1_000


def facts_of(cause: IssueCause) -> list[tuple[str, str]]:
    """Return what there is of route, target and field, with the names of these, for people."""
    facts = [("route", cause.route), ("target", shown_target(cause.where)), ("field", cause.field)]
    return [(name, value) for name, value in facts if value]


def failures_path(cause: IssueCause) -> str:
    """Return the address of the page that lists the failures with this cause."""
    return f"/{'executions' if cause.is_of_executions else 'dead-letters'}?{urlencode(cause.filters)}"


def chosen_ids(issue: Issue) -> Sequence[str]:
    """Return the message IDs of the dead letters, if a form has to name each; not if the filters select them exactly.

    There are none for an issue with more than a form can have; its filters select more than it.
    """
    ids = issue.group.ids if issue.group else ()
    return () if is_selected_exactly(issue.cause) or len(ids) > MOST_IDS else ids


def is_selected_exactly(cause: IssueCause) -> bool:
    """Return whether these fields select no dead letters of another issue; there is no filter by field, nor by none."""
    has_all = bool(cause.target) and (bool(cause.route) or cause.source is IssueSource.notifications)
    return has_all and not cause.field


def latest_event_path(issue: Issue) -> str:
    """Return the path of the page of the latest event, or an empty text if the event is not known."""
    is_event = not issue.cause.is_of_executions or _RECEIPT_ID.fullmatch(issue.example)
    return event_path(issue.example) if is_event else ""
