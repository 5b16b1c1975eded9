"""Send a request to an application directly, with headers that no client of HTTP would send."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message

HeaderList = Sequence[tuple[str, str]]
"""Headers in their order; a name can come twice."""


class Answer(NamedTuple):
    """The answer of an application; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: str


def ask(app: ASGIApp, method: str, target: str, headers: HeaderList, body: bytes = b"") -> Answer:
    """Return the answer to one request. `target` is a path, with a query if wanted, as it is sent."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 50_001),
    }
    return asyncio.run(_asked(app, scope, body))


async def _asked(app: ASGIApp, scope: dict[str, Any], body: bytes) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    names = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], names, b"".join(each.get("body", b"") for each in sent[1:]).decode())
