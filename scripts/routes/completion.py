"""Complete the values of flags in shells from the files of the project. Never calls AWS, never raises."""

from itertools import chain
from pathlib import Path

import typer

from processor.routing import models
from scripts.aws.completion import beginning
from scripts.routes.check import ROUTES, declared_names


def route_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the routes in the file given by --routes, or in the default file."""
    return beginning(lambda: (route.name for route in _file(context).routes), incomplete)


def targets(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the declared targets, without their kind: bash ends a word at a colon."""
    return beginning(lambda: chain.from_iterable(declared_names(_file(context)).values()), incomplete)


def state_machine_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the declared state machines."""
    return beginning(lambda: _file(context).state_machines, incomplete)


def _file(context: typer.Context) -> models.Routes:
    return models.read(Path(context.params.get("routes") or ROUTES).read_text("utf-8")).routes
