"""Make a page from a template, with what every page shows."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from scripts.cli.plural import plural
from scripts.cli.times import time_of
from scripts.console.console import Console
from scripts.console.event_links import event_path
from scripts.console.visible import visible

STATIC: Final = Path(__file__).with_name("static")
_TEMPLATES: Final = Path(__file__).with_name("templates")


NAVIGATION: Final = {
    "/": "Overview",
    "/issues": "Issues",
    "/dead-letters": "Dead letters",
    "/executions": "Executions",
    "/find": "Find",
    "/live": "Live",
    "/routes": "Routes",
    "/notifications": "Notifications",
    "/plans": "Work",
}
"""The pages that every page links to: the name of each by its path."""


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,  # the files do not change while it runs
    finalize=visible,
)
_ENVIRONMENT.filters |= {"plural": plural, "number": lambda value: f"{value:,}", "event_path": event_path}


def console_of(request: Request) -> Console:
    """Return the console that a request is to."""
    return cast("Console", request.app.state.console)


def render(request: Request, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
    """Return a page. A template also has `console`, `now`, `navigation`, `path`, `csrf`, `seal`, `time` and `zone`."""
    console = console_of(request)
    shared = {
        "console": console,
        "now": console.clock(),
        "navigation": NAVIGATION,
        "path": request.url.path,
        "csrf": request.state.csrf,
        "seal": request.state.seal,
        "time": lambda moment: time_element(console, moment),
        "zone": zone_of(console),
    }
    html = _ENVIRONMENT.get_template(template).render(shared | values)
    return HTMLResponse(html, status_code)


def see_other(path: str) -> Response:
    """Send the browser to a page after a form, so that loading it again does not post the form again."""
    return RedirectResponse(path, 303)


def time_element(console: Console, moment: datetime | None) -> Markup:
    """Return a time element: in UTC for programs, in the zone of the pages for people."""
    if moment is None:
        return Markup("not known")
    local = console.local(moment)
    shown = f"{local:%Y-%m-%d %H:%M:%S}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(time_of(moment), f"{local:%Z}", escape(shown))


def zone_of(console: Console) -> str:
    """Return the name of the zone of the pages, and how far it is from UTC now."""
    local = console.local(console.clock())
    offset = f"{local:%z}"
    return f"{local.tzname()} (UTC{offset[:3]}:{offset[3:]})"
