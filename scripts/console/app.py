"""Put the console together: its pages, its files, its errors, behind the guard."""

from http import HTTPStatus
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from scripts.aws.context import aws_errors_explained
from scripts.cli.exit_codes import CommandError
from scripts.console.console import Console
from scripts.console.guard import Guard
from scripts.console.page import STATIC, render
from scripts.console.pages import dead_letters, events, executions, find, issues, live, notifications, overview, plans
from scripts.console.pages import routes as routes_page
from scripts.console.session import Sessions

_PAGES: Final = (overview, issues, dead_letters, plans, events, executions, find, live, routes_page, notifications)

ROUTES: Final[list[BaseRoute]] = [route for page in _PAGES for route in page.ROUTES]


def console_app(console: Console, sessions: Sessions) -> ASGIApp:
    """Return the console as an ASGI application."""
    app = Starlette(
        routes=[*ROUTES, Mount("/static", StaticFiles(directory=STATIC))],
        exception_handlers={
            HTTPException: _http_error,
            CommandError: _command_error,
            ClientError: _aws_error,
            BotoCoreError: _aws_error,
        },
    )
    app.router.redirect_slashes = False
    app.state.console = console
    app.state.sessions = sessions
    return Guard(app, sessions)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- what it is registered for
    phrase = HTTPStatus(error.status_code).phrase
    is_unexplained = error.status_code == HTTPStatus.NOT_FOUND and error.detail == phrase
    text = f"There is no page {request.url.path}." if is_unexplained else error.detail
    return render(request, "problem.html", error.status_code, title=phrase, text=text)


async def _command_error(request: Request, error: Exception) -> Response:
    return render(request, "problem.html", HTTPStatus.CONFLICT, title="Not possible", text=str(error))


async def _aws_error(request: Request, error: Exception) -> Response:
    try:
        with aws_errors_explained():
            raise error
    except CommandError as explained:
        text = str(explained)
    return render(request, "problem.html", HTTPStatus.BAD_GATEWAY, title="AWS did not answer", text=text)
