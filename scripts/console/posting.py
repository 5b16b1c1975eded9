"""Take posted forms: only with the session's CSRF value, and a change of the stack only where it is wanted."""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from scripts.console.console import Console
from scripts.console.page import console_of

Handler = Callable[[Request, FormData], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]

MAX_FORM_BYTES: Final = 4_000_000
"""A body of an event has at most 1 MB, and a byte of it can be three in a form."""

_MOST_FIELDS: Final = 2_000


def posted(handler: Handler) -> Endpoint:
    """Let a handler take the form of this session's pages. For what changes nothing in AWS, such as a search."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        return await handler(request, await _form_of(request))

    return endpoint


def change(handler: Handler) -> Endpoint:
    """Let a handler take the form, if the console may change the stack; in production only with the typed stage."""

    @posted
    @wraps(handler)
    async def endpoint(request: Request, form: FormData) -> Response:
        console = console_of(request)
        check_can_change(console)
        if console.is_production and form.get("stage") != console.scope.stage:
            wanted = f"Type {console.scope.stage} into the field for the stage, then send the form again."
            raise HTTPException(HTTPStatus.FORBIDDEN, f"This is production. {wanted}")
        return await handler(request, form)

    return endpoint


def check_can_change(console: Console) -> None:
    """Raise HTTPException if the console was started to look only."""
    if console.settings.read_only:
        raise HTTPException(HTTPStatus.FORBIDDEN, "The console was started with --read-only: it changes nothing.")


def text_in(form: FormData, name: str, default: str = "") -> str:
    """Return the text of a field; the default if the form lacks it."""
    return str(form.get(name, default))


async def _form_of(request: Request) -> FormData:
    """Return the fields of a form. Raise HTTPException if it is too large or not from a page of this session."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The form has more than 4 MB.")
    try:
        fields = parse_qsl(bytes(body).decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The form is not in the format of a browser.") from None
    form = FormData([*fields])
    if not request.app.state.sessions.is_csrf(request.state.session, str(form.get("csrf", ""))):
        raise HTTPException(HTTPStatus.FORBIDDEN, "The form is of another session. Load the page again, then repeat.")
    return form
