"""Complete the values of flags in shells from the files of the project. Never calls AWS, never raises."""

from collections.abc import Iterable
from pathlib import Path

import typer

from processor.routing import models
from scripts.aws.template import PIPELINE
from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.check import ROUTES, target_names


def route_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the routes in the file given by --routes, or in the default file."""
    try:
        file = models.read(Path(context.params.get("routes") or ROUTES).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, models.InvalidRoutesError):
        return []  # the command itself reports the problem
    return beginning((route.name for route in file.routes.routes), incomplete)


def targets(incomplete: str) -> list[str]:
    """Return the names of the targets of the template, without their kind: bash ends a word at a colon."""
    return beginning((name for names in _names().values() for name in names), incomplete)


def state_machine_names(incomplete: str) -> list[str]:
    """Return the names of the state machines of the template."""
    return beginning(_names().get("state_machine", ()), incomplete)


def _names() -> dict[str, frozenset[str]]:
    try:
        return target_names(PIPELINE)
    except (OSError, ConfigurationError):
        return {}


def beginning(names: Iterable[str], incomplete: str) -> list[str]:
    """Return the names that start with the incomplete word, sorted."""
    return sorted(name for name in names if name.startswith(incomplete))
