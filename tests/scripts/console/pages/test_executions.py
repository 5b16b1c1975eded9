"""Test the pages of executions: what is listed, and that a redrive is planned, confirmed and done once."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.cli.rate_limiter import Rate
from scripts.console.background import Control
from scripts.console.plans.plan import VALID, find
from scripts.console.plans.redrive_plan import RedrivePlan
from tests.scripts.console.desk import Clock
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.executions.site import Site, made
from tests.scripts.executions.steps import SECRET, machine


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redrives follow each other at once."""
    monkeypatch.setattr("scripts.console.plans.redrive_plan.Rate", lambda _: Rate(1000, lambda: 0.0, lambda _: None))


@pytest.fixture
def site(aws: Aws, scope: StackContext) -> Site:
    return made(aws, scope)


@pytest.fixture
def page(site: Site, clock: Clock) -> Iterator[OpenedConsole]:
    page = opened(site.scope, clock)
    yield page
    page.console.end()


def planned(page: OpenedConsole, *arns: str, **form: str) -> str:
    """Return the address of a planned redrive."""
    page.read("/executions")
    answer = page.post("/executions/redrives", {"arn": [*arns], **form})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_executions_are_listed_with_their_event(site: Site, page: OpenedConsole) -> None:
    """The cause, which may quote the event, is not shown."""
    site.started(site.steps.put("pod", "p1"), "r1")
    html = page.read("/executions").text
    assert '<a href="/events/r1">JOB_END</a>' in html
    assert "<td>p1</td>" in html
    assert "States.TaskFailed" in html
    assert SECRET not in html
    assert "As of <time" in html


def test_the_first_page_reads_itself_again(page: OpenedConsole) -> None:
    """Until the executions were read; afterwards nothing is replaced while somebody ticks boxes."""
    assert 'hx-get="/executions"' in page.get("/executions").text
    assert "hx-get" not in page.read("/executions").text


def test_the_list_can_be_filtered(site: Site, page: OpenedConsole) -> None:
    """By state machine and status."""
    site.steps.put("pod", "p1")
    site.steps.put("timdex", "t1", "ABORTED")
    page.read("/executions")
    html = page.get("/executions?state_machine=timdex&status=ABORTED").text
    assert "<td>t1</td>" in html
    assert "<td>p1</td>" not in html
    assert "1 execution, the latest first" in html


def test_what_cannot_be_read_is_named(site: Site, page: OpenedConsole) -> None:
    """An empty list then does not claim that all is well."""
    site.steps.fail("ListExecutions", machine("pod"), "AccessDeniedException")
    html = page.read("/executions").text
    assert "Access to the executions of the state machine pod is denied" in html
    assert "None was found in what could be read." in html


def test_ticked_executions_are_redriven_after_a_confirmation(site: Site, page: OpenedConsole) -> None:
    """The plan changes nothing; the result stays on its page."""
    one, _ = site.steps.put("pod", "p1"), site.steps.put("pod", "p2")
    path = planned(page, one)
    assert "Redrive 1 execution</h1>" in page.get(path).text
    assert site.steps.redriven == []
    assert page.post(f"{path}/begin").headers["location"] == path
    page.wait()
    assert site.steps.redriven == [one]
    assert "<strong>1</strong> redriven" in page.get(path).text
    work = page.get("/plans").text
    assert f'<a href="{path}">Redrive 1 execution</a>' in work
    assert "<td>1 redriven<br>" in work
    assert "hx-get" not in page.get(f"{path}/progress").text
    assert [line["message"] for line in site.audited()] == ["began", "redriven", "ended"]


def test_all_that_match_are_planned_by_the_filter(site: Site, page: OpenedConsole) -> None:
    """Those that AWS does not redrive are shown with the reason and left out."""
    one = site.steps.put("pod", "p1")
    site.steps.put("pod", "old", redriveStatus="NOT_REDRIVABLE", redriveStatusReason="Too old")
    site.steps.put("timdex", "t1")
    path = planned(page, which="all", state_machine="pod", status="")
    assert "not redrivable: Too old" in page.get(path).text
    page.post(f"{path}/begin")
    page.wait()
    assert site.steps.redriven == [one]


def test_a_plan_is_carried_out_once(site: Site, page: OpenedConsole) -> None:
    """However often the form is sent."""
    path = planned(page, site.steps.put("pod", "p1"))
    for _ in range(2):
        assert page.post(f"{path}/begin").status_code == 303
        page.wait()
    assert len(site.steps.redriven) == 1


def test_an_old_plan_is_rejected(site: Site, page: OpenedConsole, clock: Clock) -> None:
    """What it is about may have changed."""
    path = planned(page, site.steps.put("pod", "p1"))
    clock.now += VALID + timedelta(seconds=1)
    answer = page.post(f"{path}/begin")
    page.wait()
    assert answer.status_code == 409
    assert "older than 15 minutes, so nothing was done" in answer.text
    assert "older than 15 minutes" in page.get(path).text
    assert site.steps.redriven == []


def test_what_has_changed_meanwhile_is_left_as_it_is(site: Site, page: OpenedConsole) -> None:
    """It is named in the result."""
    one, two = site.steps.put("pod", "p1"), site.steps.put("pod", "p2")
    path = planned(page, one, two, machine("gone"))
    assert "no longer listed" in page.get(path).text
    site.steps.executions[two]["redriveCount"] = 1
    page.post(f"{path}/begin")
    page.wait()
    assert site.steps.redriven == [one]
    assert "pod p2 has changed meanwhile and is left as it is." in page.get(path).text


def test_failures_are_named(site: Site, page: OpenedConsole) -> None:
    """With the reason of AWS."""
    one = site.steps.put("pod", "p1")
    path = planned(page, one)
    site.steps.fail("RedriveExecution", one, "ExecutionLimitExceeded")
    page.post(f"{path}/begin")
    page.wait()
    assert "pod p1: ExecutionLimitExceeded, No" in page.get(path).text


def test_a_cancelled_redrive_ends(site: Site, page: OpenedConsole) -> None:
    """What was redriven stays so, and the page says how many were not begun."""
    path = planned(page, site.steps.put("pod", "p1"))
    assert page.post(f"{path}/cancel").status_code == 303  # before it has begun: nothing to end
    plan = find(page.console, RedrivePlan, path.rpartition("/")[2])

    is_cancelled = threading.Event()

    def wait_for_the_end(control: Control) -> None:
        is_cancelled.wait()
        control.check()

    plan.begin(page.console, wait_for_the_end)
    assert ">Cancel<" in page.get(path).text
    assert "hx-trigger" in page.get(path).text
    page.post(f"{path}/cancel")
    is_cancelled.set()
    page.wait()
    assert ">cancelled</span>" in page.get(path).text


def test_nothing_is_redriven_by_a_read_only_console(site: Site) -> None:
    """Neither a button nor a form does it."""
    page = opened(site.scope, read_only=True)
    path = planned(page, site.steps.put("pod", "p1"))
    assert "<button name" not in page.get("/executions").text
    assert "begin" not in page.get(path).text
    assert page.post(f"{path}/begin").status_code == 403
    assert site.steps.redriven == []


def test_production_wants_its_stage_typed(site: Site) -> None:
    """The field is in the form."""
    page = opened(site.scope._replace(address=site.scope.address._replace(stage="prod")))
    path = planned(page, site.steps.put("pod", "p1"))
    assert 'name="stage"' in page.get(path).text
    assert page.post(f"{path}/begin").status_code == 403
    assert page.post(f"{path}/begin", {"stage": "prod"}).status_code == 303
    page.wait()
    assert len(site.steps.redriven) == 1


def test_choosing_none_is_an_error(page: OpenedConsole) -> None:
    """It never means all."""
    page.read("/executions")
    answer = page.post("/executions/redrives", {"which": "chosen"})
    assert (answer.status_code, "No execution is selected" in answer.text) == (409, True)


def test_choosing_before_the_list_was_read_is_an_error(page: OpenedConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a page that was open when the console was started again."""
    is_answered = threading.Event()
    monkeypatch.setattr("scripts.console.pages.executions.failed_executions", lambda *_: is_answered.wait())
    assert page.post("/executions/redrives", {"which": "all"}).status_code == 409
    is_answered.set()


def test_an_unknown_plan_is_not_found(page: OpenedConsole) -> None:
    """As one of a console that has ended."""
    for path in ("", "/progress"):
        assert page.get(f"/executions/redrives/nothing{path}").status_code == 410
