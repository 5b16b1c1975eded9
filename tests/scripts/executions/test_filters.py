"""Test the selection of executions and state machines."""

from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.executions.filters import (
    ExecutionFilters,
    check_is_not_empty,
    chosen,
    select,
    state_machines,
)
from scripts.executions.find import StateMachine
from scripts.routes.check import ROUTES
from tests.scripts.executions.site import Site
from tests.scripts.executions.steps import machine


def test_executions_are_selected_by_name_or_arn(site: Site) -> None:
    """Each is selected once, in the given order; unknown names are returned; without names all are selected."""
    one, two, three = (site.execution(site.steps.put("pod", name)) for name in ("p1", "p2", "p3"))
    assert select([one, two, three], ["p3", one.arn, "p3", "p1", "p9"]) == ([three, one], ["p9"])
    assert select([one, two, three], []) == ([one, two, three], [])


def test_a_name_in_two_state_machines_is_an_error(site: Site) -> None:
    """The ARN makes it unambiguous."""
    one = site.execution(site.steps.put("pod", "x"))
    two = site.execution(site.steps.put("timdex", "x"))._replace(state_machine="timdex")
    with pytest.raises(ConfigurationError, match=r"Several executions are named x \(pod and timdex\)"):
        select([one, two], ["x"])
    assert select([one, two], [two.arn]) == ([two], [])


def test_f42_an_empty_selection_never_means_all() -> None:
    """It needs --all, which cannot be combined with filters."""
    with pytest.raises(ConfigurationError, match="No executions selected"):
        check_is_not_empty([], ExecutionFilters(), everything=False)
    for names, filters in (["p1"], ExecutionFilters()), ([], ExecutionFilters(since="3d")):
        check_is_not_empty(names, filters, everything=False)
        with pytest.raises(ConfigurationError, match="--all cannot be combined"):
            check_is_not_empty(names, filters, everything=True)
    check_is_not_empty([], ExecutionFilters(), everything=True)


ROUTES_BY_ARN = """
stages:
  dev: {suffix: dev}
  stg: {suffix: stg}
  prod: {suffix: prod}
routes:
  - name: outside
    when: {action: [JOB_END]}
    deliver:
      - state_machine: arn:aws:states:us-east-1:123456789012:stateMachine:archive-{{ suffix }}
      - state_machine: arn:aws:states:us-east-1:210987654321:stateMachine:pod
        name: other
      - state_machine: arn:aws:states:us-east-1:123456789012:stateMachine:timdex
        name: same
      - state_machine: arn:aws:states:us-east-1:123456789012:stateMachine:timdex:PROD
      - state_machine: timdex
      - topic: arn:aws:sns:us-east-1:123456789012:news
"""


def test_state_machines_of_the_stack_and_of_the_routes_are_listed(site: Site, tmp_path: Path) -> None:
    """Each is listed once, for this stage only; an ambiguous short name is replaced with the ARN.

    An alias has a name of its own: AWS lists only the executions that it started.
    """
    path = tmp_path / "routes.yaml"
    path.write_text(ROUTES_BY_ARN, "utf-8")
    found = dict(state_machines(site.scope.stack, path, "dev"))
    other = machine("pod").replace("123456789012", "210987654321")
    assert found == {
        "pod": machine("pod"),
        "timdex": machine("timdex"),
        "bursar": machine("bursar"),
        "archive-dev": machine("archive-dev"),
        other: other,
        "timdex:PROD": machine("timdex:PROD"),
    }


def test_the_default_routes_use_no_arn(site: Site) -> None:
    """So the state machines of the stack are all."""
    assert state_machines(site.scope.stack, ROUTES, "dev") == [
        StateMachine(name, machine(name)) for name in ("pod", "timdex", "bursar")
    ]


def test_without_a_routes_file_there_are_those_of_the_stack(site: Site) -> None:
    """A console that runs outside of a project has no file."""
    found = state_machines(site.scope.stack, None, "dev")
    assert [each.name for each in found] == ["pod", "timdex", "bursar"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read: No such file"), (b"\xff", "it is not UTF-8"), (b"routes: []", "the list is empty")],
)
def test_a_routes_file_that_cannot_be_read_is_named(
    site: Site, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """The reason is included."""
    path = tmp_path / "routes.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"routes.yaml.*{reason}"):
        state_machines(site.scope.stack, path, "dev")


def test_state_machines_are_selected_by_name_or_arn() -> None:
    """Without names all are selected; an unknown one is an error that lists the known ones."""
    known = [StateMachine(name, machine(name)) for name in ("pod", "timdex", "bursar")]
    assert chosen(known, []) == known
    assert chosen(known, ["pod", machine("bursar")]) == [known[0], known[2]]
    with pytest.raises(ConfigurationError, match="unknown state machine 'pond'; use one of pod, timdex, bursar"):
        chosen(known, ["pond"])
