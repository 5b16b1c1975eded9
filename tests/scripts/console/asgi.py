"""Send requests to an application in the thread of a test: by a client, or with headers that no client would send."""

import asyncio
import atexit
import threading
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import httpx2 as httpx
from starlette.types import ASGIApp, Message

HeaderList = Sequence[tuple[str, str]]
"""Headers in their order; a name can come twice."""

# One event loop for all requests, because making one takes longer than most answers. `asyncio.Runner` would set a
# handler of SIGINT for each.
_LOOP: Final = asyncio.new_event_loop()
atexit.register(_LOOP.close)
# For tests that send a request from a background work: it waits until that of the test has its answer.
_LOOP_LOCK: Final = threading.Lock()


class Answer(NamedTuple):
    """The answer of an application; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: str


class DirectTransport(httpx.BaseTransport):
    """Passes the requests of a client to an application. No other thread answers: changing threads takes longer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request, or raise what the application raises."""
        target = request.url.raw_path.decode("ascii")
        start, body = _answer(self._app, request.method, target, request.headers.multi_items(), request.read())
        return httpx.Response(start["status"], headers=start["headers"], content=body)


def ask(app: ASGIApp, method: str, target: str, headers: HeaderList, body: bytes = b"") -> Answer:
    """Return the answer to one request. `target` is a path, with a query if wanted, as it is sent."""
    start, content = _answer(app, method, target, headers, body)
    names = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], names, content.decode())


def _answer(app: ASGIApp, method: str, target: str, headers: HeaderList, body: bytes) -> tuple[Message, bytes]:
    """Return the message that begins an answer, and its body."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 50_001),
    }
    with _LOOP_LOCK:
        return _LOOP.run_until_complete(_asked(app, scope, body))


async def _asked(app: ASGIApp, scope: dict[str, Any], body: bytes) -> tuple[Message, bytes]:
    sent: list[Message] = []
    bodies = [body]

    async def receive() -> Message:
        if not bodies:
            await asyncio.Event().wait()  # the client stays until it has the answer
        return {"type": "http.request", "body": bodies.pop(), "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0], b"".join(each.get("body", b"") for each in sent[1:])
