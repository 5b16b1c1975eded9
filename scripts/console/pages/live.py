"""The page of live."""

from typing import Final

from starlette.routing import Route

ROUTES: Final[list[Route]] = []
