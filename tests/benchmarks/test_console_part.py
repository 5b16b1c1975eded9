"""The part of the console: what its client takes for an answer. `test_bench_command.py` measures the pages."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from benchmarks.console_part import Browser
from scripts.cli.exit_codes import FailedError
from tests.loopback import Loopback, answer, say

SIGNED_IN = b"HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: name=session; Path=/\r\nContent-Length: 0\r\n\r\n"
PLANNED = b"HTTP/1.1 303 See Other\r\nConnection: close\r\nLocation: /plans/x\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def browsing(server: Loopback) -> Iterator[Browser]:
    with server, closing(HTTPConnection(urlsplit(server.url).netloc)) as connection:
        yield Browser(connection, f"{server.url}/sign-in?token=invented")


def test_a_page_is_measured_in_the_session() -> None:
    """Its cookie comes from the sign-in; a connection that was closed meanwhile is opened again."""
    server = Loopback(say(SIGNED_IN), answer({}))
    with browsing(server) as browser:
        assert browser.milliseconds("/issues") > 0
        browser.reconnect()
        assert browser.page("/issues") == "{}"
    assert [received.headers.get("cookie", "") for received in server.received] == ["", "name=session", "name=session"]


def test_a_plan_is_made_by_the_form_of_the_list() -> None:
    """With the value of its session."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    page = head + b'<input type="hidden" name="csrf" value="a1">'
    server = Loopback(say(SIGNED_IN), say(page), say(PLANNED))
    with browsing(server) as browser:
        assert browser.planned() == "/plans/x"
    assert server.received[-1].body == b"csrf=a1&action=replay&select=all"


def test_a_page_that_fails_is_not_measured() -> None:
    """A quick error must not count as a quick page."""
    with (
        browsing(Loopback(say(SIGNED_IN), answer({}, 502))) as browser,
        pytest.raises(FailedError, match="The page /issues was answered with 502"),
    ):
        browser.milliseconds("/issues")
