"""Posted forms: the CSRF value, --read-only, and the typed stage of production."""

import asyncio

import pytest
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from scripts.aws.context import StackContext
from scripts.console import app
from scripts.console.posting import MAX_FORM_BYTES, change, posted
from tests.scripts.console.opened import OpenedConsole, opened


@posted
async def search(_: Request, form: FormData) -> Response:
    return PlainTextResponse(f"found {form['text']}")


@change
async def replay(_: Request, form: FormData) -> Response:
    await asyncio.sleep(0)
    return PlainTextResponse(f"replayed {form['id']}")


@pytest.fixture(autouse=True)
def _routes(monkeypatch: pytest.MonkeyPatch) -> None:
    added = [Route("/search", search, methods=["POST"]), Route("/replay", replay, methods=["POST"])]
    monkeypatch.setattr(app, "ROUTES", [*app.ROUTES, *added])


def at_prod(scope: StackContext) -> StackContext:
    return scope._replace(address=scope.address._replace(stage="prod"))


def test_a_form_of_the_session_is_taken(scope: StackContext) -> None:
    """A form with the value of its session reaches the handler, with its empty fields too."""
    page = opened(scope)
    assert page.post("/search", {"text": "ä <b>"}).text == "found ä <b>"
    assert page.post("/replay", {"id": ""}).text == "replayed "


@pytest.mark.parametrize("csrf", ["", "other"])
def test_a_form_without_the_value_of_the_session_is_refused(scope: StackContext, csrf: str) -> None:
    """Another page cannot know the value, so its form is refused."""
    answer = opened(scope).post("/search", {"text": "x", "csrf": csrf})
    assert answer.status_code == 403
    assert "Load the page again" in answer.text


def test_a_read_only_console_searches_and_changes_nothing(scope: StackContext) -> None:
    """With --read-only a form that changes the stack is refused, and one that does not is taken."""
    page = opened(scope, read_only=True)
    assert page.post("/search", {"text": "x"}).status_code == 200
    answer = page.post("/replay", {"id": "1"})
    assert answer.status_code == 403
    assert "--read-only" in answer.text


def test_a_change_of_production_needs_the_typed_stage(scope: StackContext) -> None:
    """In production a change is refused until its form has the stage."""
    page = opened(at_prod(scope))
    for typed in ({}, {"stage": ""}, {"stage": "dev"}):
        assert page.post("/replay", {"id": "1", **typed}).status_code == 403
    assert page.post("/replay", {"id": "1", "stage": "prod"}).text == "replayed 1"
    assert page.post("/search", {"text": "x"}).status_code == 200


def raw(page: OpenedConsole, body: bytes) -> int:
    return page.client.post("/search", content=body).status_code


def test_a_form_that_no_browser_sends_is_refused(scope: StackContext) -> None:
    """Too many bytes, too many fields and bytes that are no text are refused with a page."""
    page = opened(scope)
    assert raw(page, b"x" * (MAX_FORM_BYTES + 1)) == 413
    assert raw(page, b"a=1&" * 3000) == 400
    assert raw(page, b"\xff=1") == 400
