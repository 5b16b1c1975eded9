"""The page of overview: whether the stack is healthy, and where its events are. It refreshes itself part by part."""

from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.console.console import Console
from scripts.console.page import console_of, render
from scripts.console.readings.dead_letter_snapshot import dead_letters, is_outdated
from scripts.console.readings.overview_causes import Causes, causes_of
from scripts.console.readings.overview_charts import PERCENTILES, OverviewCharts, duration_text, overview_charts
from scripts.console.readings.overview_news import Announced, news_of
from scripts.console.readings.overview_readings import OverviewReadings, readings_of
from scripts.console.snapshot import Snapshot
from scripts.dead_letters.find import Listing
from scripts.doctor.queue_load import age_text
from scripts.drain import report
from scripts.overview.buckets import OverviewWindow
from scripts.overview.service import DEAD_NOTIFICATIONS
from scripts.overview.traffic import DELIVERY_KINDS

_WINDOW_NAMES: Final = {
    OverviewWindow.HOUR: "hour",
    OverviewWindow.DAY: "24 hours",
    OverviewWindow.WEEK: "7 days",
}


async def overview(request: Request) -> Response:
    """Show the overview of a window."""
    console = console_of(request)
    readings = readings_of(console, _window_of(request))
    view, causes = _causes_of(console, readings)
    announced = Announced(readings.dead_letters, readings.verdict.health.value, _shown(causes, readings))
    values = _values(request, readings) | {"dead_letter_view": view, "causes": causes}
    return render(request, "overview.html", **values, announced=announced)


async def parts(request: Request) -> Response:
    """Return the parts of the overview again, and a sentence if something has changed since the page was loaded."""
    console, before = console_of(request), Announced.of(request.query_params)
    readings = readings_of(console, _window_of(request))
    sentence, announced = news_of(before, readings.dead_letters, readings.verdict, console.clock())
    values, shown = _values(request, readings), before.shown
    if shown is None:
        values["dead_letter_view"], values["causes"] = _causes_of(console, readings)
        shown = _shown(values["causes"], readings)
    # Buttons must not move below the pointer, so causes that are on the page stay, with a note once they are old.
    # Polling reads no others, because a scan hides dead letters from everybody else.
    values |= {
        "has_causes": before.shown is not None,
        "is_outdated": before.shown is not None and readings.dead_events not in {None, before.shown},
        "sentence": sentence,
        "announced": announced._replace(shown=shown),
    }
    return render(request, "overview_parts.html", **values)


def _shown(causes: Causes | None, readings: OverviewReadings) -> int | None:
    """Return how many dead letters the queue has, to compare with later; None if the page shows no causes."""
    if causes is None or not causes.total:
        return None
    return causes.total if readings.dead_events is None else readings.dead_events


def _values(request: Request, readings: OverviewReadings) -> dict[str, Any]:
    """Return what both templates need."""
    window, events = _window_of(request), readings.events.value
    charts: OverviewCharts | None = overview_charts(window, events) if events else None
    return {
        "window": window,
        "window_names": _WINDOW_NAMES,
        "readings": readings,
        "events": events,
        "waiting": readings.waiting.value,
        "alarms": readings.alarms.value,
        "charts": charts,
        "kinds": DELIVERY_KINDS,
        "percentiles": PERCENTILES,
        "dead_notifications": DEAD_NOTIFICATIONS,
        "age_text": age_text,
        "drain_text": partial(report.text, zone=console_of(request).settings.zone),
        "duration_text": duration_text,
        "dead_letter_view": None,
        "causes": None,
        "is_outdated": False,
        "is_brief": readings.is_first_reading or bool(readings.waiting.work),
    }


def _causes_of(console: Console, readings: OverviewReadings) -> tuple[Snapshot[Listing] | None, Causes | None]:
    """Return the dead letters by cause, as they were read last. Without dead letters there is neither.

    After a change by this console the causes are left out until they are read again: what was just replayed would be
    offered once more.
    """
    if readings.dead_events == 0:
        return None, None
    view = dead_letters(console)
    if is_outdated(console, view):
        return view._replace(value=None, taken_at=None), None
    return view, causes_of(view.value.dead_letters) if view.value else None


def _window_of(request: Request) -> OverviewWindow:
    """Return the window of the query; a day for another text."""
    text = request.query_params.get("window", "")
    return OverviewWindow(text) if text in {each.value for each in OverviewWindow} else OverviewWindow.DAY


ROUTES: Final = [Route("/", overview), Route("/overview/parts", parts)]
