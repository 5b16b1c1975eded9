"""Which Python is measured."""

import sys
from pathlib import Path

import pytest

from scripts.errors import ConfigurationError
from scripts.measure.bench import measured_python


def test_of_an_environment_the_base_is_measured_with_its_packages() -> None:
    """An environment costs its start, which no row is to pay for."""
    found = measured_python.find(Path(sys.executable), lambda _: None)
    assert not found.executable.is_relative_to(sys.prefix)
    assert (found.packages / "boto3").is_dir()
    assert found.version == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize("given", ["/bin/false", "/nowhere/python3"])
def test_what_is_no_python_is_named(given: str) -> None:
    """One sentence, exit 2."""
    with pytest.raises(ConfigurationError, match=f"--python {given} does not run as a Python"):
        measured_python.find(Path(given), lambda _: None)
