"""What an operator has to confirm: known by a random ID, done once, and not too late."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from starlette.exceptions import HTTPException

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import RejectedError
from scripts.console.plans.plan import MOST, VALID, Plan, find, keep, plans_of
from tests.scripts.console.opened import OpenedConsole, opened

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class OtherPlan(Plan):
    """A plan of another page."""


def plan_of(made_at: datetime = NOW) -> Plan:
    return Plan("Do it", "/plans", made_at)


def test_it_is_done_once(page: OpenedConsole) -> None:
    """The second form has no effect."""
    done: list[str] = []
    plan = plan_of(page.console.clock())
    for _ in range(2):
        plan.begin(page.console, lambda _: done.append("x"))
        page.wait()
    assert done == ["x"]


def test_it_is_not_done_too_late(scope: StackContext) -> None:
    """What has begun in time can be looked at later."""
    now = NOW + VALID
    page = opened(scope, lambda: now)
    begun, late = plan_of(), plan_of()
    begun.begin(page.console, lambda _: None)
    page.wait()
    now += timedelta(seconds=1)
    with pytest.raises(RejectedError, match="older than 15 minutes, so nothing was done"):
        late.begin(page.console, lambda _: None)
    assert (begun.is_too_old(now), late.is_too_old(now)) == (False, True)
    begun.begin(page.console, lambda _: None)


def test_ids_cannot_be_guessed(page: OpenedConsole) -> None:
    """They are random, and one that is unknown, or of a plan of another page, is not found."""
    one, two = keep(page.console, plan_of()), keep(page.console, plan_of())
    assert one.id != two.id
    assert len(one.id) >= 16
    assert (one.path, find(page.console, Plan, one.id)) == (f"/plans/{one.id}", one)
    for kind, id_ in ((Plan, "x"), (OtherPlan, one.id)):
        with pytest.raises(HTTPException):
            find(page.console, kind, id_)


def test_many_plans_are_forgotten(page: OpenedConsole) -> None:
    """Those that are not running, the oldest first."""
    may_end, now = threading.Event(), page.console.clock()
    running = keep(page.console, plan_of(now))
    running.begin(page.console, lambda _: may_end.wait(30))
    plans = [keep(page.console, plan_of(now)) for _ in range(MOST + 1)]
    assert plans_of(page.console) == [*reversed(plans[1:]), running]
    may_end.set()
    page.wait()
