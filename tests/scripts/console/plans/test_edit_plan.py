"""Corrections that the console keeps: for how long, and which one is applied."""

from datetime import timedelta

import pytest

from scripts.cli.exit_codes import RejectedError
from scripts.console.plans.edit_plan import EditPlan, apply
from scripts.console.plans.plan import VALID, keep
from tests.scripts.console.opened import OpenedConsole
from tests.scripts.dead_letters.queues import loan


def planned(page: OpenedConsole) -> EditPlan:
    return EditPlan("r1", "m1", loan(), page.console.clock())


def corrected(plan: EditPlan, number: int = 2) -> None:
    plan.correct(loan(number).decode(), ignore_replay_limit=False)


def test_bodies_are_dropped_once_it_is_too_late(page: OpenedConsole) -> None:
    """The next plan drops those of older ones, so that they do not stay in memory."""
    old = EditPlan("r1", "m1", loan(), page.console.clock() - VALID - timedelta(seconds=1))
    new = planned(page)
    for plan in (old, new, planned(page)):
        keep(page.console, plan)
    assert (old.original, old.corrected) == ("", "")
    assert "LOAN_CREATED" in new.original


def test_only_a_changed_event_can_be_applied(page: OpenedConsole) -> None:
    """What was typed is kept, so that it can be corrected."""
    plan = planned(page)
    for text, sentence in ((plan.original, "the body is the same"), ("{", "is not an event")):
        with pytest.raises(RejectedError, match=sentence):
            plan.correct(text, ignore_replay_limit=True)
        assert (plan.corrected, plan.shown_id, plan.ignore_replay_limit) == (text, "", True)


def test_the_correction_that_was_shown_last_is_applied_once(page: OpenedConsole) -> None:
    """One of another tab is refused; the body is not kept afterwards, and never in a log of the value."""
    plan = planned(page)
    corrected(plan)
    old = plan.shown_id
    corrected(plan, 3)
    for shown_id in (old, ""):
        with pytest.raises(RejectedError, match="edited after this plan was shown"):
            apply(page.console, plan, shown_id)
    assert "LOAN" not in repr(plan)
    apply(page.console, plan, plan.shown_id)
    work = plan.work
    apply(page.console, plan, plan.shown_id)
    assert (plan.work, plan.original, plan.corrected) == (work, "", "")
    page.wait()
