"""The page that finds a text in dead letters, logs and executions. The text is in no URL and in no log."""

from functools import partial
from http import HTTPStatus
from typing import Final, NamedTuple

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import parse_moment
from scripts.console.background import Control, Work
from scripts.console.console import Console
from scripts.console.kept import Kept
from scripts.console.page import console_of, render, see_other
from scripts.console.per_console import PerConsole
from scripts.console.posting import posted, text_in
from scripts.console.readings.dead_letter_snapshot import queue_to_itself
from scripts.find.found import FindResult
from scripts.find.report import summary
from scripts.find.search_text import SearchText
from scripts.find.service import FindService

SPANS: Final = {
    "1h": "the last hour",
    "1d": "the last day",
    "3d": "the last 3 days",
    "14d": "the last 14 days",
    "90d": "the last 90 days",
}
_DEFAULT: Final = "14d"


class Search(NamedTuple):
    """A search: its result, which is filled by the work."""

    result: FindResult
    work: Work[None]

    @property
    def summary(self) -> str:
        """How many matches there are so far, and where."""
        if self.work.is_running:
            return f"Searching: {len(self.result.matches):,} found so far."
        return summary(self.result)


SEARCHES: Final = PerConsole(lambda _: Kept[Search]("search"))
"""The latest searches of each console."""


async def show_form(request: Request) -> Response:
    """Show the form, and the searches before."""
    return _page(request)


@posted
async def search(request: Request, form: FormData) -> Response:
    """Begin a search, and go to its page. An unusable text is a sentence beside the form."""
    text, since = text_in(form, "text"), text_in(form, "since", _DEFAULT)
    try:
        result = FindResult(SearchText.of(text), since)
        parse_moment("The time", since)
    except ConfigurationError as error:
        return _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, text=text, since=since, problem=str(error))
    console = console_of(request)
    work = console.start("Find a text", partial(_find, console, result))
    id_, forgotten = SEARCHES.of(console).add(Search(result, work))
    for each in forgotten:
        each.work.cancel()
    return see_other(f"/find/{id_}")


async def show_search(request: Request) -> Response:
    """Show a search: how far it is, and what it has found."""
    found = _search_of(request)
    return _page(request, text=found.result.text.text, since=found.result.since, search=found)


async def show_part(request: Request) -> Response:
    """Return the part of the page that a running search reads again."""
    found = _search_of(request)
    return render(request, "find_result.html", search=found, search_path=_path_of(request), is_part=True)


@posted
async def cancel(request: Request, _form: FormData) -> Response:
    """End a search. What it has found stays."""
    _search_of(request).work.cancel()
    return see_other(_path_of(request))


def _find(console: Console, result: FindResult, control: Control) -> None:
    alone = partial(queue_to_itself, console, control=control)
    FindService(console.scope, control, control.check, alone).find(result)


def _page(
    request: Request,
    status: int = HTTPStatus.OK,
    *,
    text: str = "",
    since: str = _DEFAULT,
    problem: str = "",
    search: Search | None = None,
) -> Response:
    spans = SPANS if since in SPANS else SPANS | {since: since}
    form = {"text": text, "since": since, "spans": spans, "problem": problem}
    shown = {"search": search, "search_path": _path_of(request) if search else "", "is_part": False}
    earlier = [(id_, each) for id_, each in SEARCHES.of(console_of(request)).newest() if each is not search]
    return render(request, "find.html", status, earlier=earlier, **form, **shown)


def _search_of(request: Request) -> Search:
    return SEARCHES.of(console_of(request)).find(request.path_params["id"])


def _path_of(request: Request) -> str:
    return f"/find/{request.path_params['id']}"


ROUTES: Final = [
    Route("/find", show_form, methods=["GET"]),
    Route("/find", search, methods=["POST"]),
    Route("/find/{id}", show_search, methods=["GET"]),
    Route("/find/{id}/part", show_part, methods=["GET"]),
    Route("/find/{id}/cancel", cancel, methods=["POST"]),
]
