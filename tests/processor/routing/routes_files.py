"""The problems of a routes file."""

from processor.routing.compile import compile_routes
from processor.routing.models import InvalidRoutesError, Problem


def problems(text: str) -> list[Problem]:
    """Return the problems that are found when the text is compiled; none for a valid file."""
    try:
        compile_routes(text)
    except InvalidRoutesError as error:
        return error.problems
    return []
