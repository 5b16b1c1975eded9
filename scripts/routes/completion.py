"""Complete the values of flags in shells from the files of the project. Never calls AWS, never raises."""

from collections.abc import Iterable
from pathlib import Path

import typer

from processor.routing import models
from scripts.routes.check import ROUTES, declared_names


def route_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the routes in the file given by --routes, or in the default file."""
    file = _file(context)
    return beginning((route.name for route in file.routes) if file else (), incomplete)


def targets(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the declared targets, without their kind: bash ends a word at a colon."""
    file = _file(context)
    return beginning((name for names in declared_names(file).values() for name in names) if file else (), incomplete)


def state_machine_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the declared state machines."""
    file = _file(context)
    return beginning(file.state_machines if file else (), incomplete)


def _file(context: typer.Context) -> models.Routes | None:
    try:
        return models.read(Path(context.params.get("routes") or ROUTES).read_text("utf-8")).routes
    except (OSError, UnicodeDecodeError, models.InvalidRoutesError):
        return None  # the command itself reports the problem


def beginning(names: Iterable[str], incomplete: str) -> list[str]:
    """Return the names that start with the incomplete word, sorted."""
    return sorted(name for name in names if name.startswith(incomplete))
