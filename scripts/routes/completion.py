"""What shells complete as the values of flags, from the project's own files. Asks no AWS, and never raises."""

from collections.abc import Iterable
from pathlib import Path

import typer

from processor.routing import models
from scripts.aws.template import PIPELINE
from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.check import ROUTES, target_names


def route_names(context: typer.Context, incomplete: str) -> list[str]:
    """The routes of the file that --routes names, or of the shipped one."""
    try:
        file = models.read(Path(context.params.get("routes") or ROUTES).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, models.InvalidRoutesError):
        return []  # the command itself says what is wrong
    return beginning((route.name for route in file.routes.routes), incomplete)


def targets(incomplete: str) -> list[str]:
    """The names of the template's targets, without their kind: for bash a colon ends a word."""
    return beginning((name for names in _names().values() for name in names), incomplete)


def state_machine_names(incomplete: str) -> list[str]:
    """The names of the template's state machines."""
    return beginning(_names().get("state_machine", ()), incomplete)


def _names() -> dict[str, frozenset[str]]:
    try:
        return target_names(PIPELINE)
    except (OSError, ConfigurationError):
        return {}


def beginning(names: Iterable[str], incomplete: str) -> list[str]:
    """Return the names that begin with what was typed."""
    return sorted(name for name in names if name.startswith(incomplete))
