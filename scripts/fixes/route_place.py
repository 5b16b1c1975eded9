"""Find the place in a routes file where a route fails."""

from pathlib import Path
from typing import NamedTuple

from processor.routing import models
from processor.routing.models import InvalidRoutesError
from processor.routing.places import path_of
from scripts.project.mistakes import text_of


class RoutePlace(NamedTuple):
    """A line of a routes file, counted from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        """Return `FILE:LINE`, which terminals and editors open."""
        return f"{self.file}:{self.line}"


def place_of(file: Path, route: str, field: str) -> RoutePlace:
    """Return the line of a route's field such as `let.name`, or of what it delivers if the field is empty.

    It is the first line if the file has no such route, and the line of the first problem of an invalid file. Raise
    ConfigurationError if the file cannot be read.
    """
    try:
        found = models.read(text_of(file))
    except InvalidRoutesError as error:
        return RoutePlace(file, max(1, error.problems[0].line))
    names = [each.name for each in found.routes.routes]
    if route not in names:
        return RoutePlace(file, 1)
    _, line = found.lines.nearest(("routes", names.index(route), *path_of(field or "deliver")))
    return RoutePlace(file, line)
