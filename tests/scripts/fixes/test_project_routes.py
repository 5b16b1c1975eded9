"""What the project's routes file would do with dead letters whose route failed."""

from pathlib import Path

import pytest

from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import DeadLetterStore
from scripts.fixes.actions import FixAction
from scripts.fixes.groups import CauseGroup
from scripts.fixes.project_routes import ProjectRoutes
from scripts.project.folder import Project, example
from tests.scripts.dead_letters.queues import Queues, loan

ROUTES = """topics: [loans]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - name: loans
    when: {event: {value: [LOAN_CREATED]}}
    deliver: [{topic: "{{ item_loan.topic }}"}]
"""
DELIVERING = ROUTES.replace("{{ item_loan.topic }}", "loans")
NEVER = "action: [LOAN], item_loan: {title: [true]}"
FAILED = CauseGroup(FixAction.change_route, Cause("template", "the old reason", "loans"), None, ("r1", "r2"))


@pytest.fixture
def routes(dead_letters: DeadLetterStore, queues: Queues, tmp_path: Path) -> ProjectRoutes:
    """A project, and two dead letters of different events."""
    queues.put(loan(), receipt_id="r1")
    queues.put(loan(event="LOAN_LOST"), receipt_id="r2")
    project = Project(tmp_path, example().file, "a test")
    project.routes.write_text(ROUTES, "utf-8")
    return ProjectRoutes(project, DeadLetterService(dead_letters))


def test_the_cause_is_that_of_the_file_as_it_is_now(routes: ProjectRoutes) -> None:
    """Not of the deployed routes, whose text it may not contain any more; an event that it ignores has a cause too."""
    first, second = routes.regrouped([FAILED])
    assert (first.ids, first.action, first.cause.field) == (("r1",), FixAction.change_route, "deliver[0].topic")
    assert "item_loan.topic" in first.cause.reason
    assert routes.place(first.cause).line == 6
    assert (second.ids, second.cause.category) == (("r2",), "ignored")


def test_what_the_file_delivers_is_to_be_deployed(routes: ProjectRoutes) -> None:
    """Nothing has to be edited for it."""
    file = routes.project.routes
    file.write_text(
        ROUTES.replace("{{ item_loan.topic }}", "loans").replace("[LOAN_CREATED]", "[LOAN_CREATED, LOAN_LOST]")
    )
    [group] = routes.regrouped([FAILED])
    assert (group.action, group.ids, routes.problems()) == (FixAction.deploy, ("r1", "r2"), [])


def test_an_invalid_file_changes_no_group(routes: ProjectRoutes) -> None:
    """Its problems are known."""
    routes.project.routes.write_text(ROUTES.replace("when:", "wen:"))
    assert routes.regrouped([FAILED]) == [FAILED]
    [problem] = routes.problems()
    assert problem.startswith(f"{routes.project.routes}: line 5, ")
    assert routes.place(FAILED.cause).line == 5


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{DELIVERING}  - {{name: a, when: {{{NEVER}}}, deliver: [{{topic: loans}}]}}\n", "title is always text"),
        (
            DELIVERING.replace("[loans]", "[loans]\nstate_machines: {pod: {definition: pod.json}}"),
            "pod.json: it cannot",
        ),
    ],
    ids=["never matches", "state machine"],
)
def test_f74_a_file_that_deploy_rejects_is_not_to_be_deployed(routes: ProjectRoutes, text: str, problem: str) -> None:
    """Although its routes compile, and would deliver the event."""
    routes.project.routes.write_text(text)
    assert routes.regrouped([FAILED]) == [FAILED]
    [found] = routes.problems()
    assert problem in found
    routes.project.routes.write_text(DELIVERING)
    assert {group.action for group in routes.regrouped([FAILED])} == {FixAction.deploy, FixAction.change_route}


def test_f74_all_groups_are_judged_in_one_scan(routes: ProjectRoutes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan hides the dead letters from others, and takes a while."""
    selected = list[tuple[str, ...]]()
    select = DeadLetterService.select

    def counted(service: DeadLetterService, filters: Filters) -> Selection:
        selected.append(filters.ids)
        return select(service, filters)

    monkeypatch.setattr(DeadLetterService, "select", counted)
    groups = [FAILED._replace(ids=(id_,)) for id_ in FAILED.ids]
    assert [group.ids for group in routes.regrouped(groups)] == [("r1",), ("r2",)]
    assert selected == [("r1", "r2")]


def test_f74_without_a_failed_route_nothing_is_read(routes: ProjectRoutes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the file, which may be missing or have mistakes, nor the queue."""
    monkeypatch.setattr(DeadLetterService, "read", None)
    routes.project.routes.unlink()
    assert routes.regrouped([]) == []


def test_f74_only_targets_that_the_file_delivers_to_are_recreated(routes: ProjectRoutes) -> None:
    """A route that was removed needs its target no more, nor subscribers of it."""
    routes.project.routes.write_text(DELIVERING)
    targets = ("topic:loans", "topic:gone")
    [found] = routes.regrouped([FAILED._replace(ids=("r1",), recreated=targets, refused=targets)])
    assert (found.action, found.recreated, found.refused) == (FixAction.deploy, ("topic:loans",), ("topic:loans",))
