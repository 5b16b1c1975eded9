"""Which state machines there are: the stack's, and those that routes name by ARN."""

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


def test_the_state_machines_are_the_stacks_and_those_that_routes_name_by_arn(site: Site, tmp_path: Path) -> None:
    """Each once, of this stage only; an ARN that ends like another state machine keeps its whole length."""
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


def test_the_shipped_routes_name_none_by_arn(site: Site) -> None:
    """Then the stack's are all."""
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
    """With the reason."""
    path = tmp_path / "routes.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"routes.yaml.*{reason}"):
        state_machines(site.scope.stack, path, "dev")


def test_state_machines_are_chosen_by_name_or_arn() -> None:
    """All where none is named; an unknown one is rejected, with the known ones."""
    known = [StateMachine(name, machine(name)) for name in ("pod", "timdex", "bursar")]
    assert chosen(known, []) == known
    assert chosen(known, ["pod", machine("bursar")]) == [known[0], known[2]]
    with pytest.raises(ConfigurationError, match="--state-machine takes pod, timdex, bursar; 'pond' is none of them"):
        chosen(known, ["pond"])
