"""The flags of a deployment: contradictions are rejected."""

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.flags import DeploymentOptions


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
