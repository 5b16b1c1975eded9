"""The flags of a deployment: contradictions are rejected, and a dry run's flags are those of its command."""

from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.flags import DeploymentOptions, RollbackOptions


def test_parameters_are_read_by_name() -> None:
    """The last equals sign does not end a name."""
    assert DeploymentOptions(parameter=("A=1", "B=x=y")).parameters == {"A": "1", "B": "x=y"}


def test_the_exit_code_needs_a_dry_run() -> None:
    """A deployment has exit codes of its own."""
    with pytest.raises(ConfigurationError, match="--exit-code needs --dry-run"):
        DeploymentOptions(exit_code=True)
    assert DeploymentOptions(exit_code=True, dry_run=True)


@pytest.mark.parametrize("parameter", [("A",), ("A=1", "A=2")])
def test_invalid_parameters_are_rejected(parameter: tuple[str, ...]) -> None:
    """One sentence each, before AWS is asked for anything."""
    with pytest.raises(ConfigurationError, match="--parameter "):
        DeploymentOptions(parameter=parameter)


def test_the_command_that_applies_a_dry_run_has_its_flags() -> None:
    """Those of the address and of removals are added elsewhere; --dry-run is gone."""
    given = DeploymentOptions(
        parameter=("A=1", "B=x y"),
        take_over="other",
        python=Path("py"),
        abandon_data=True,
        dry_run=True,
        exit_code=True,
    )
    assert given.apply == "deploy --parameter A=1 --parameter 'B=x y' --take-over other --python py --abandon-data"
    assert (DeploymentOptions(dry_run=True).apply, RollbackOptions(dry_run=True).apply) == ("deploy", "rollback")
    assert RollbackOptions(abandon_data=True).apply == "rollback --abandon-data"
