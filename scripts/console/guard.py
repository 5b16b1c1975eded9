"""Check every request before anything else sees it, and let every answer say what a browser may do with it.

Any page in the browser can send requests to this computer, also under a name of its own that it lets point here (DNS
rebinding). So the Host header must be ours, with the port, and so must the Origin, if there is one. A server on another
port of this computer is the same site, so its pages send the session too: of what they ask for, a link is followed, and
an image, a script, a frame or a prefetch is not.
"""

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scripts.cli.output import notice
from scripts.console.session import SIGN_IN, Sessions

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Cache-Control": "no-store",  # pages can have personal data; "back" must ask again
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",  # no process of the browser is shared with pages of another port
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not no-referrer: a form that is posted without JavaScript would have the Origin null then.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""The headers of every answer."""

SEAL: Final = "Console-Seal"
"""The header by which an open page knows the answers of its console."""

READS: Final = frozenset({"GET", "HEAD"})
"""The methods that change nothing."""

_OURS: Final = frozenset({"same-origin", "none"})

# What a browser asks for before anybody wants to see it, and for a service worker, which would outlive the console.
_AHEAD: Final = frozenset({"sec-purpose", "purpose", "x-moz", "x-purpose", "service-worker"})

# A program that had this port before can have left a service worker, which would see and change all pages.
_CLEARED: Final = {"Clear-Site-Data": '"storage"'}
_LEFT_BEHIND: Final = (
    "Another program has left something in the browser for this address. It was removed: load the page again."
)

_PLAIN: Final = (
    '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    "<main><h1>{title}</h1><p>{text}</p></main></html>"
)
# Not a redirect: a browser that comes from another site would not send the new cookie along with it.
_SIGNED_IN: Final = (
    '<!doctype html><html lang="en"><meta http-equiv="refresh" content="0;url=/"><title>Signed in</title>'
    '<link rel="icon" href="/static/icon.svg"><main><h1>Signed in</h1><p><a href="/">Open the console</a></p></main>'
    "</html>"
)


class Guard:
    """The outermost part of the console. What it passes on has a session, as `request.state.session`."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions
        place = sessions.url.removeprefix("http://").rstrip("/")
        port = place.rpartition(":")[2]
        self._hosts = frozenset({place, f"localhost:{port}"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is refused, or pass it on."""
        if scope["type"] != "http":
            return
        has_begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                own = scope.get("state", {}).get("seal")
                MutableHeaders(scope=message).update(HEADERS | ({SEAL: own} if own else {}))
            await send(message)

        try:
            answer = self._answer(scope)
            await (answer or self._app)(scope, receive, send_guarded)
        except Exception as error:  # noqa: BLE001 -- a traceback could have a body; the type and the place have none
            notice(f"The console failed: {_place(error)}.")
            if not has_begun:
                failed = "The console failed at this page. The terminal that it was started in shows where."
                await _plain(HTTPStatus.INTERNAL_SERVER_ERROR, failed)(scope, receive, send_guarded)

    def _answer(self, scope: Scope) -> Response | None:
        """Return the answer to a request that is not passed on."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return _plain(HTTPStatus.MISDIRECTED_REQUEST, f"Open {self._sessions.url} instead.")
        if _is_of_another_site(scope["method"], headers, f"http://{hosts[0]}"):
            return _plain(HTTPStatus.FORBIDDEN, "Another site sent this request.")
        if _is_by_service_worker(headers):
            return _plain(HTTPStatus.FORBIDDEN, _LEFT_BEHIND, _CLEARED)
        if _AHEAD.intersection(headers):
            return _plain(HTTPStatus.FORBIDDEN, "The console does not answer before the page is opened.")
        if scope["path"] == SIGN_IN:
            return self._sign_in(scope)
        session = self._sessions.of(headers.get("cookie", ""))
        if session is None:
            return _plain(HTTPStatus.UNAUTHORIZED, _NO_SESSION)
        secrets = {"session": session, "csrf": self._sessions.csrf(session), "seal": self._sessions.seal(session)}
        scope.setdefault("state", {}).update(secrets)
        return None

    def _sign_in(self, scope: Scope) -> Response:
        if scope["method"] != "GET":
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, "Open this URL in a browser.")
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        cookie = self._sessions.begin(token)
        if cookie is None:
            return _plain(HTTPStatus.FORBIDDEN, _NO_SESSION)
        return HTMLResponse(_SIGNED_IN, headers={"Set-Cookie": cookie, **_CLEARED})


_NO_SESSION: Final = (
    "This browser has no session: the URL with the token works once, and the session belongs to the browser that used "
    "it. To open the console here, end it with Ctrl-C and start it again: alma-webhooks console"
)


def _is_of_another_site(method: str, headers: Headers, own_origin: str) -> bool:
    """Return whether a page of another origin has sent this, unless it is a link that somebody follows."""
    if any(origin != own_origin for origin in headers.getlist("origin")):
        return True
    if headers.get("sec-fetch-site", "none") in _OURS:
        return False
    is_link = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
    return method not in READS or not is_link


def _is_by_service_worker(headers: Headers) -> bool:
    """Return whether a service worker asks for a page in the place of the browser, which it cannot hide."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") != "document"


def _plain(status: HTTPStatus, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return HTMLResponse(_PLAIN.format(title=status.phrase, text=text), status, headers)


def _place(error: Exception) -> str:
    """Return the type of an error and the line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    return type(error).__name__ + (f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else "")
