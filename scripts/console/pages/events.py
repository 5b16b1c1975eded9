"""The pages of one event: its life, what a replay would do, and its body (in event_bodies.py)."""

from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import moment_of_milliseconds, parse_moment
from scripts.console.console import Console
from scripts.console.event_links import event_path
from scripts.console.page import console_of, time_element
from scripts.console.pages import event_bodies
from scripts.console.pages.event_bodies import PATH, event_page
from scripts.console.readings.dead_letter_filters import queue_in
from scripts.console.readings.event_reading import body_text, explanation_of, life_of
from scripts.event_life.state import EventState

_WINDOW: Final = "14d"
WINDOWS: Final = {"1h": "1 hour", "24h": "24 hours", "3d": "3 days", _WINDOW: "14 days", "90d": "90 days"}

SENTENCES: Final = {
    EventState.unknown: "No log line and no dead letter has this ID. Check the ID, or search older logs.",
    EventState.waiting: "It is on the queue or is being processed: no outcome is logged yet.",
    EventState.retrying: "The last attempt failed. Another one follows.",
    EventState.delivered: "Every target has it.",
    EventState.queued: "Its notifications were queued. The timeline shows which of them a service accepted.",
    EventState.duplicate: "Its targets already had this event, from another request.",
    EventState.ignored: "No route matches it.",
    EventState.accepted: "The services accepted its notifications.",
    EventState.rejected: "The post was rejected.",
    EventState.dead: "It failed permanently. It is tried again only if an operator replays it.",
    EventState.discarded: "An operator discarded it.",
}


def _values(request: Request, *, is_poll: bool) -> dict[str, Any]:
    """Return what the templates of the page of an event need. Raise ConfigurationError for another window."""
    receipt_id, window = request.path_params["receipt_id"], request.query_params.get("since", _WINDOW)
    if window not in WINDOWS:
        raise ConfigurationError(f"`since` is one of {', '.join(WINDOWS)}.")
    console = console_of(request)
    snapshot = life_of(console, receipt_id, window, parse_moment("since", window), is_poll=is_poll)
    life = snapshot.value
    return {
        "life_path": f"{event_path(receipt_id)}/life?since={quote(window)}&was={life.state if life else ''}",
        "snapshot": snapshot,
        "life": life,
        "is_polled": snapshot.work is not None or (life is not None and life.may_change),
        "window": window,
        "windows": WINDOWS,
        "sentences": SENTENCES,
        "moment": moment_of_milliseconds,
        "body_text": body_text,
        "at": partial(_time_of, console),
    }


def _time_of(console: Console, text: str) -> str:
    """Return the time element for a time by RFC 3339; another text, which is not ours, as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return time_element(console, moment) if moment.tzinfo else text


async def event(request: Request) -> Response:
    """Show the life of an event; at once, also before it was read."""
    return event_page(request, "event.html", **_values(request, is_poll="poll" in request.query_params))


async def life(request: Request) -> Response:
    """Return the part that is read again, and a sentence for the status line if the state changed."""
    values = _values(request, is_poll=True)
    has_changed = values["life"] is not None and values["life"].state != request.query_params.get("was", "")
    return event_page(request, "event_life.html", has_changed=has_changed, **values)


async def explanation(request: Request) -> Response:
    """Show what a replay of an event's dead letter would do."""
    queue = queue_in(request.query_params)
    snapshot = explanation_of(console_of(request), request.path_params["receipt_id"], queue)
    return event_page(request, "event_explanation.html", snapshot=snapshot, explanation=snapshot.value, queue=queue)


ROUTES: Final = [
    Route(PATH, event),
    Route(f"{PATH}/life", life),
    Route(f"{PATH}/explanation", explanation),
    *event_bodies.ROUTES,
]
