"""Plans of dead letters are bound to exact messages."""

import pytest

from scripts.cli.exit_codes import RejectedError
from scripts.console.plans.dead_letter_plan import DeadLetterPlan, confirm, make_plan
from scripts.console.plans.plan_request import Action, Confirmation, PlanRequest
from scripts.dead_letters.filters import Filters
from tests.scripts.console.desk import Desk


def made(desk: Desk, request: PlanRequest) -> DeadLetterPlan:
    plan = make_plan(desk.page.console, request)
    desk.page.wait()
    return plan


def test_plans_of_other_messages_have_other_digests(desk: Desk) -> None:
    """The same messages have the same digest, and one message more has another."""
    desk.put("r1", "r2")
    request = PlanRequest(Action.replay, Filters())
    first, second = made(desk, request).planned, made(desk, request).planned
    desk.put("r3")
    third = made(desk, request).planned
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.digest == second.digest != third.digest


def test_a_plan_by_digests_is_for_those_that_another_page_chose(desk: Desk) -> None:
    """An issue has thousands, which no form posts; filters still bound them."""
    desk.put("r1", "r2")
    everything = made(desk, PlanRequest(Action.replay, Filters())).planned
    assert everything is not None
    keys = frozenset(message.key for message in everything.messages.values() if message.id == "r2")
    chosen = made(desk, PlanRequest(Action.replay, Filters(causes=("transient",)), keys=keys)).planned
    assert chosen is not None
    assert [message.id for message in chosen.messages.values()] == ["r2"]


def test_an_empty_plan_is_refused(desk: Desk) -> None:
    """There is nothing to confirm."""
    plan = made(desk, PlanRequest(Action.replay, Filters()))
    with pytest.raises(RejectedError, match="no dead letters"):
        confirm(desk.page.console, plan, Confirmation())
    assert plan.run is None
