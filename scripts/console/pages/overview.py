"""The page of overview."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.console.page import render


async def overview(request: Request) -> Response:
    """Show whether the stack is healthy."""
    return render(request, "overview.html")


ROUTES: Final = [Route("/", overview)]
