"""The page of events as they pass: those of the processor, or the attempts of the sender of notifications.

It asks again every two seconds. A reading of the log serves all pages that are open.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.aws.context import StackContext
from scripts.aws.event_follower import EventFollower
from scripts.aws.logged_event import DEAD
from scripts.cli.times import moment_of_milliseconds
from scripts.console.console import Console
from scripts.console.form_numbers import number_of
from scripts.console.page import console_of, render
from scripts.console.per_console import PerConsole
from scripts.console.readings.live_filter import LiveFilter, link_to, shown_targets
from scripts.watch.notifications import NotificationFollower
from scripts.watch.recent import BEGIN, RecentEvents, RecentView

WEBHOOKS: Final = "webhooks"
NOTIFICATIONS: Final = "notifications"

MOST_ROWS: Final = 100
"""How many events a page shows."""

_SAID_EVERY: Final = timedelta(seconds=30)
_LAST_SECOND: Final = 1 << 37  # a time that Python can hold


def feeds_of(scope: StackContext) -> dict[str, RecentEvents]:
    """Return the latest events of each queue. Nothing is read before somebody looks."""
    return {
        WEBHOOKS: RecentEvents(lambda: EventFollower(scope, BEGIN)),
        NOTIFICATIONS: RecentEvents(lambda: NotificationFollower(scope, BEGIN)),
    }


FEEDS: Final = PerConsole[dict[str, RecentEvents]](lambda console: feeds_of(console.scope))
"""The latest events of each console, by queue."""


async def live(request: Request) -> Response:
    """Show the latest events, with a form to filter them."""
    queue = _queue(request)
    view = FEEDS.of(console_of(request))[queue].look()
    is_paused = "paused" in request.query_params
    return render(request, "live.html", **_values(request, queue, view), is_paused=is_paused)


async def events(request: Request) -> Response:
    """Return the region with the events, or 204 if there is no news since `after`."""
    queue, console = _queue(request), console_of(request)
    view = FEEDS.of(console)[queue].look()
    if request.query_params.get("after") == str(view.revision):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    values = _values(request, queue, view)
    said_at = _said_at(request, console)
    is_due = bool(values["dead"]) and console.clock() - said_at >= _SAID_EVERY
    values["said"] = round((console.clock() if is_due else said_at).timestamp())
    return render(request, "live_answer.html", **values, is_paused=False, is_said=is_due)


def _queue(request: Request) -> str:
    return NOTIFICATIONS if request.query_params.get("queue") == NOTIFICATIONS else WEBHOOKS


def _said_at(request: Request, console: Console) -> datetime:
    """Return when the page last got a sentence to announce."""
    seconds = number_of(request.query_params.get("said", "")) or 0
    return datetime.fromtimestamp(min(seconds, _LAST_SECOND), console.clock().tzinfo)


def _values(request: Request, queue: str, view: RecentView) -> dict[str, Any]:
    wanted = LiveFilter.of(request.query_params)
    matching = [event for event in view.events if wanted.matches(event)]
    return {
        "queue": queue,
        "view": view,
        "wanted": wanted,
        "choices": wanted.choices(view.events, is_notifications=queue == NOTIFICATIONS),
        "count": len(matching),
        "rows": matching[:MOST_ROWS],
        "dead": sum(event.outcome == DEAD for event in matching),
        "moment": moment_of_milliseconds,
        "link_to": link_to,
        "shown_targets": shown_targets,
        "minutes": BEGIN.seconds // 60,
        "said": 0,
    }


ROUTES: Final = [Route("/live", live), Route("/live/events", events)]
