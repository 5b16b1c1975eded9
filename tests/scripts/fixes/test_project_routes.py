"""What the project's routes file would do with dead letters whose route failed."""

from pathlib import Path

import pytest

from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.reader import DeadLetterStore
from scripts.dead_letters.service import DeadLetterService
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
    assert (problem.line, routes.place(FAILED.cause).line) == (5, 5)
