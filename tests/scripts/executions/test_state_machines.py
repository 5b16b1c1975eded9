"""Test that the state machines of the stack and those in a routes file are listed."""

from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.executions.state_machines import StateMachine, chosen, state_machines
from scripts.routes.check import ROUTES
from tests.scripts.executions.site import Site
from tests.scripts.executions.steps import machine

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
      - state_machine: timdex
      - topic: arn:aws:sns:us-east-1:123456789012:news
"""


def test_state_machines_of_the_stack_and_of_the_routes_are_listed(site: Site, tmp_path: Path) -> None:
    """Each is listed once, for this stage only; an ambiguous short name is replaced with the ARN."""
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
    }


def test_the_default_routes_use_no_arn(site: Site) -> None:
    """So the state machines of the stack are all."""
    assert state_machines(site.scope.stack, ROUTES, "dev") == [
        StateMachine(name, machine(name)) for name in ("pod", "timdex", "bursar")
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read: No such file"), (b"\xff", "it is not UTF-8"), (b"routes: []", "stages is missing")],
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
