"""Corrections that the console keeps: for how long, and which plan is applied."""

from datetime import timedelta

import pytest

from scripts.cli.exit_codes import RejectedError
from scripts.console.plans.event_edits import EditDraft, EditDrafts, apply
from tests.scripts.console.opened import OpenedConsole
from tests.scripts.dead_letters.queues import loan
from tests.scripts.executions.steps import NOW


def changed(draft: EditDraft, number: int = 2) -> None:
    draft.plan(loan(number).decode(), ignore_replay_limit=False)


def test_a_correction_is_kept_for_a_quarter_of_an_hour() -> None:
    """It belongs to its event."""
    drafts = EditDrafts()
    draft, later = drafts.add("r1", "m1", loan(), NOW), NOW + timedelta(minutes=15)
    assert drafts.get(draft.id, "r1", later) is draft
    with pytest.raises(RejectedError, match="does not have the edit any more"):
        drafts.get(draft.id, "r2", later)
    with pytest.raises(RejectedError, match="does not have the edit any more"):
        drafts.get(draft.id, "r1", later + timedelta(seconds=1))


def test_the_oldest_is_forgotten_first() -> None:
    """Bodies do not fill the memory."""
    drafts = EditDrafts()
    first, *others = [drafts.add("r1", "m1", loan(number), NOW) for number in range(21)]
    with pytest.raises(RejectedError):
        drafts.get(first.id, "r1", NOW)
    assert [drafts.get(draft.id, "r1", NOW) for draft in others] == others


def test_only_a_changed_event_has_a_plan() -> None:
    """What was typed is kept, so that it can be corrected."""
    draft = EditDrafts().add("r1", "m1", loan(), NOW)
    for text, sentence in ((draft.original, "the body is the same"), ("{", "is not an event")):
        with pytest.raises(RejectedError, match=sentence):
            draft.plan(text, ignore_replay_limit=True)
        assert (draft.corrected, draft.plan_id, draft.ignore_replay_limit) == (text, "", True)


def test_the_plan_that_was_shown_last_is_applied_once(page: OpenedConsole) -> None:
    """A plan of another tab is refused; the body is not kept afterwards, and never in a log of the value."""
    draft = EditDrafts().add("r1", "m1", loan(), NOW)
    changed(draft)
    old = draft.plan_id
    changed(draft, 3)
    for plan_id in (old, ""):
        with pytest.raises(RejectedError, match="was edited after this plan was shown"):
            apply(page.console, draft, plan_id)
    assert "LOAN" not in repr(draft)
    apply(page.console, draft, draft.plan_id)
    work = draft.work
    apply(page.console, draft, draft.plan_id)
    assert (draft.work, draft.original, draft.corrected) == (work, "", "")
    page.wait()
