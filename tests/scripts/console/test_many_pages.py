"""Test that many open pages and slow calls to AWS hold no page up: nothing is streamed, and calls wait elsewhere."""

import asyncio
import http.client
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest

from scripts.aws.context import StackContext
from scripts.console.app import console_app
from scripts.console.console import Console
from scripts.console.pages.live import FEEDS
from scripts.console.server import ConsoleServer
from scripts.console.session import Sessions
from tests.scripts.watch.test_recent import Feed

OPEN_PAGES = 60
SLOW_CALLS = 20
LIMIT_SECONDS = 30.0  # a page that is held up never answers; this only ends the test


@pytest.fixture
def console(scope: StackContext) -> Iterator[Console]:
    """A console whose live page never reads."""
    console = Console(scope)
    console.kept[FEEDS] = {"webhooks": Feed().recent, "notifications": Feed().recent}
    yield console
    console.end()


async def answers_while_aws_is_slow(console: Console, is_answered: threading.Event) -> list[int]:
    """Return the statuses of pages while calls to AWS wait for an answer."""
    sessions = Sessions(8123)
    app = console_app(console, sessions)
    slow = [asyncio.create_task(console.call(lambda: is_answered.wait(LIMIT_SECONDS))) for _ in range(SLOW_CALLS)]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=sessions.url) as client:
        await client.get(sessions.sign_in_url)
        paths = ["/live/events"] * OPEN_PAGES + ["/live", "/static/console.css"]
        pages = await asyncio.wait_for(asyncio.gather(*map(client.get, paths)), LIMIT_SECONDS)
    assert not any(call.done() for call in slow)
    is_answered.set()
    await asyncio.gather(*slow)
    return [page.status_code for page in pages]


def test_pages_that_need_no_aws_answer_while_it_is_slow(console: Console) -> None:
    """Sixty pages ask again while twenty calls hang."""
    is_answered = threading.Event()
    try:
        statuses = asyncio.run(answers_while_aws_is_slow(console, is_answered))
    finally:
        is_answered.set()
    assert statuses == [HTTPStatus.OK] * (OPEN_PAGES + 2)


def test_the_ninth_tab_loads_beside_eight_open_ones(console: Console) -> None:
    """A browser opens six connections to a host: each answer ends, so that its connection is free for another tab."""
    with ConsoleServer(console, 0) as server, ExitStack() as tabs:
        url = urlsplit(server.sessions.sign_in_url)

        def connected() -> http.client.HTTPConnection:
            connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=LIMIT_SECONDS)
            return tabs.enter_context(closing(connection))

        connections = [connected() for _ in range(6)]
        connections[0].request("GET", f"{url.path}?{url.query}")
        signed_in = connections[0].getresponse()
        signed_in.read()
        cookie = str(signed_in.headers["Set-Cookie"]).partition(";")[0]
        for tab in range(9):
            for path in ("/live", "/live/events"):
                connection = connections[tab % len(connections)]
                connection.request("GET", path, headers={"Cookie": cookie})
                answer = connection.getresponse()
                assert answer.status == HTTPStatus.OK
                assert int(answer.headers["Content-Length"]) == len(answer.read())
