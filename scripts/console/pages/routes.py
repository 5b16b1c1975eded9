"""The page of routes: try them with an event, and compare the deployed ones with those of the project's folder."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from processor import heartbeat
from scripts.alma_client.samples import Sample
from scripts.cli.exit_codes import CommandError, ConfigurationError
from scripts.cli.terminal import json_text
from scripts.console.background import Control
from scripts.console.console import Console
from scripts.console.kept import Kept
from scripts.console.page import console_of, render, see_other
from scripts.console.per_console import PerConsole
from scripts.console.posting import posted, text_in
from scripts.console.readings.route_trials import (
    RoutesChoice,
    Trial,
    TriedEvent,
    check,
    folder_routes,
    pasted,
    samples_of,
    try_event,
)
from scripts.console.readings.routes_beside import RoutesBeside, routes_beside
from scripts.console.snapshot import Snapshot

T = TypeVar("T")

_MAX_AGE_SECONDS: Final = 60.0
_LONGEST_VALUE: Final = 300
_LONGEST_CONTENT: Final = 50_000
_OF_ALL: Final = frozenset({"route", "target"})


TRIALS: Final = PerConsole(lambda _: Kept[Trial]("trial"))
"""The latest trials of each console, with the bodies that were pasted."""


async def show_routes(request: Request) -> Response:
    """Show the form to try routes, and the difference between both sides."""
    return await _page(request)


@posted
async def try_routes(request: Request, form: FormData) -> Response:
    """Try the sample or the body of the form, and go to the page of the trial. The body stays on the server."""
    console = console_of(request)
    tried = TriedEvent("", pasted(text_in(form, "body")), text_in(form, "profile"), _choice(form))
    try:
        if form.get("from") == "sample":
            tried = _of_sample(await console.call(lambda: samples_of(console)), text_in(form, "sample"), tried)
        check(tried, console.scope.profiles)
    except ConfigurationError as error:
        return await _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, tried=tried, problem=str(error))
    trial = await console.call(lambda: try_event(console, tried))
    id_, _ = TRIALS.of(console).add(trial)
    return see_other(f"/routes/trials/{id_}")


async def show_trial(request: Request) -> Response:
    """Show what the routes would do with an event."""
    trial = TRIALS.of(console_of(request)).find(request.path_params["id"])
    return await _page(request, tried=trial.tried, trial=trial)


async def show_difference(request: Request) -> Response:
    """Return the part of the page with the difference, which is read again until it is there."""
    difference = await _difference(console_of(request))
    return render(request, "routes_difference.html", difference=difference, is_part=True)


async def _page(
    request: Request,
    status: int = HTTPStatus.OK,
    *,
    tried: TriedEvent | None = None,
    trial: Trial | None = None,
    problem: str = "",
) -> Response:
    console = console_of(request)
    samples, samples_problem = await console.call(lambda: _or_problem(samples_of, console))
    file, folder_problem = _or_problem(folder_routes, console)
    first = TriedEvent("", b"", _first_profile(console.scope.profiles), RoutesChoice.deployed)
    form = {"tried": tried or first, "samples": samples or [], "file": str(file or ""), "problem": problem}
    shown = {"trial": trial, "text": _text, "short": _short, "content": _content, "is_part": False}
    problems = [each for each in (samples_problem, folder_problem) if each]
    difference = await _difference(console) if not trial else None
    return render(request, "routes.html", status, problems=problems, difference=difference, **form, **shown)


def _first_profile(names: list[str]) -> str:
    """Return the profile of a first trial: one that Alma posts to, not the heartbeat."""
    return next((name for name in names if name != heartbeat.PROFILE), "")


async def _difference(console: Console) -> Snapshot[RoutesBeside]:
    def do(control: Control) -> RoutesBeside:
        return routes_beside(console.scope, folder_routes(console), samples_of(console), control.check)

    return console.snapshot("routes: difference", "Compare the routes", do, _MAX_AGE_SECONDS)


def _or_problem(read: Callable[[Console], T], console: Console) -> tuple[T | None, str]:
    """Return what is read of the project, or None and why the project cannot be used."""
    try:
        return read(console), ""
    except CommandError as error:
        return None, " ".join([str(error), *error.details])


def _of_sample(samples: list[Sample], name: str, tried: TriedEvent) -> TriedEvent:
    """Return the sample with this name as the tried event. Raise ConfigurationError for an unknown one."""
    for sample in samples:
        if sample.name == name:
            return tried._replace(sample=name, body=sample.body, profile=sample.profile or tried.profile)
    raise ConfigurationError(f"There is no sample {name!r} in the list.")


def _choice(form: FormData) -> RoutesChoice:
    return RoutesChoice.folder if form.get("routes") == RoutesChoice.folder else RoutesChoice.deployed


def _text(value: Any) -> str:
    """Return a value as JSON."""
    return json.dumps(value, ensure_ascii=False)


def _short(value: Any) -> str:
    """Return a value of the event as JSON, cut if it is long."""
    text = _text(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}… ({len(text):,} characters)"


def _content(delivery: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return what a target would get: each member with its text, and how many characters of it are not shown."""
    given = ((name, value) for name, value in delivery.items() if name not in _OF_ALL)
    texts = ((name, value if isinstance(value, str) else json_text(value)) for name, value in given)
    return [(name, text[:_LONGEST_CONTENT], max(0, len(text) - _LONGEST_CONTENT)) for name, text in texts]


ROUTES: Final = [
    Route("/routes", show_routes, methods=["GET"]),
    Route("/routes/try", try_routes, methods=["POST"]),
    Route("/routes/trials/{id}", show_trial, methods=["GET"]),
    Route("/routes/difference", show_difference, methods=["GET"]),
]
