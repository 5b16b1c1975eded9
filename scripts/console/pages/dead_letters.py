"""The page of dead letters."""

from typing import Final

from starlette.routing import Route

ROUTES: Final[list[Route]] = []
