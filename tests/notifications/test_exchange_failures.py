"""The HTTP exchange under failures: its deadline, what is known afterwards, and that no failure shows a secret."""

import contextlib
import fcntl
import gc
import itertools
import logging
import select
import socket
import sys
import termios
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, NamedTuple

import pytest
from urllib3.response import HTTPResponse
from urllib3.util import connection

from notifications.errors import Permanent, Transient, Unconfirmed
from notifications.exchange import DEFAULT_SECONDS, BoundedHttpClient
from notifications.http_attempt import HttpAttempt
from notifications.integrations.integration import HttpRequest
from processor.errors import Failure
from tests.loopback import Conversation, Loopback, answer, close, reset, say
from tests.notifications.deadline import DEADLINE, out_of_time
from tests.notifications.tls_server import HOST, RawServer, authorities, nobody, shaken, tls, until_closed

CANARY = "canary-in-the-url"
TARGET = f"/services/{CANARY}?sig={CANARY}"
SECONDS = 0.1
TOO_LONG = 5.0  # generous, because the machine may be busy

Server = Callable[[], AbstractContextManager[str]]


class Case(NamedTuple):
    """A server, the failure that it causes, and whether it is the deadline that ends the attempt."""

    server: Server
    failure: type[Failure]
    is_deadline: bool = False
    seconds: float = TOO_LONG  # unless the server lets the deadline pass


@pytest.fixture(autouse=True)
def deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers can let the deadline pass."""
    monkeypatch.setattr("threading.Timer", DEADLINE.timer)


def scripted(behave: Callable[[Conversation], bool], *certificate: str) -> Server:
    """A server that reads the request, then behaves."""

    @contextlib.contextmanager
    def serve() -> Iterator[str]:
        with Loopback(behave, tls=tls(*certificate)) as server:
            yield server.url

    return serve


def raw(behave: Callable[[socket.socket], None]) -> Server:
    """A server that gets the connection before TLS."""

    @contextlib.contextmanager
    def serve() -> Iterator[str]:
        with RawServer(behave) as server:
            yield server.url

    return serve


@contextlib.contextmanager
def unknown_name() -> Iterator[str]:
    """A name that the resolver of the system does not have."""
    yield "https://name.invalid"


def drip(head: bytes, piece: bytes, *, passing_at: int | None = 5) -> Callable[[Conversation], bool]:
    """Send a piece now and then, faster than any timeout of a read; at one of them the deadline passes."""

    def behave(conversation: Conversation) -> bool:
        conversation.send(head)
        for number in itertools.count():
            if conversation.waited(0.005):
                break
            conversation.send(piece)
            if number == passing_at:
                DEADLINE.end()
        return False

    return behave


def hang(connection: socket.socket) -> None:
    """Accept the connection and never answer the TLS handshake."""
    until_closed(connection)


def reset_at_once(connection: socket.socket) -> None:
    """Reset the connection before the TLS handshake."""
    Conversation.reset(_Linger(connection))


def mute(connection: socket.socket) -> None:
    """Read nothing after the handshake, and let the deadline pass when the client cannot write any more."""
    with shaken(connection) as stream:
        for before, now in itertools.pairwise(unread_sizes(stream)):
            if before == now > 0:
                DEADLINE.end()
                break
        _GONE.wait(TOO_LONG)


def unread_sizes(connection: socket.socket) -> Iterator[int]:
    """Yield now and then how many bytes have come that nobody has read, until the client has gone."""
    while not _GONE.wait(0.01):
        yield int.from_bytes(fcntl.ioctl(connection, termios.FIONREAD, bytes(4)), sys.byteorder)


def reset_unread(connection: socket.socket) -> None:
    """Reset the connection after the handshake without reading the request."""
    stream = shaken(connection)
    Conversation.reset(_Linger(stream))
    stream.close()


class _Linger(Conversation):
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock


_GONE = threading.Event()

CASES = {
    "connection refused": Case(nobody, Transient),
    "unknown name": Case(unknown_name, Transient),
    "reset before TLS": Case(raw(reset_at_once), Transient),
    "TLS hangs": Case(raw(hang), Transient, is_deadline=True, seconds=SECONDS),
    "bad certificate": Case(scripted(answer({}), "other.example"), Permanent),
    "reset unread": Case(raw(reset_unread), Unconfirmed),
    "closed without an answer": Case(scripted(close), Unconfirmed),
    "reset after reading all": Case(scripted(reset), Unconfirmed),
    "no answer": Case(scripted(out_of_time), Unconfirmed, is_deadline=True),
    "drips its headers": Case(scripted(drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a")), Unconfirmed, is_deadline=True),
    "drips interim answers": Case(scripted(drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n")), Unconfirmed, is_deadline=True),
    "no HTTP": Case(scripted(say(b"220 mail.example ESMTP\r\n")), Unconfirmed),
    "1 MB of headers": Case(scripted(say(b"HTTP/1.1 200 OK\r\n" + b"X-A: aaaaaaaa\r\n" * 70_000)), Unconfirmed),
    "a header of 1 MB": Case(scripted(say(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 1_000_000)), Unconfirmed),
}


def client(*, seconds: float = SECONDS) -> BoundedHttpClient:
    return BoundedHttpClient(
        seconds=seconds, ports=range(1024, 65536), authorities=authorities(), is_loopback_allowed=True
    )


def failed(url: str, body: bytes = b"{}", *, seconds: float = SECONDS) -> Failure:
    """Return the failure of a post."""
    with pytest.raises(Failure) as raised:
        client(seconds=seconds).post(HttpRequest(url + TARGET, body, {}))
    return raised.value


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_f80_what_is_known_after_a_failure(case: Case) -> None:
    """Before anything was written a failure is transient, afterwards it is unconfirmed, and both end in time."""
    started = time.monotonic()
    with case.server() as url:
        failure = failed(url, seconds=case.seconds)
        assert time.monotonic() - started < TOO_LONG
    assert type(failure) is case.failure
    assert (f"not within {case.seconds:g} seconds" in failure.reason) is case.is_deadline
    assert failure.reason.startswith(("127.0.0.1:", "name.invalid:"))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_f80_no_failure_shows_the_url(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the failure, its traceback and context, nor a log line of any library has the path or the query."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "requests", "requests_hardened"):
        caplog.set_level(logging.DEBUG, logger=name)
    with case.server() as url:
        failure = failed(url, seconds=case.seconds)
    assert CANARY not in "".join(traceback.format_exception(failure, chain=True))
    assert CANARY not in repr(failure) + repr(vars(failure)) + str(failure)
    assert (failure.__context__, failure.__cause__) == (None, None)
    assert CANARY not in caplog.text + "".join(repr(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("status", [200, 302, 404, 500])
@pytest.mark.parametrize("header", ["", "Broken\r\nX: y\r\n"])
def test_f80_no_answer_makes_a_log_line_with_the_url(
    status: int, header: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing logs the path or the query of an answered request, not even about broken headers."""
    for name in (None, "urllib3.connectionpool", "urllib3.util.retry"):
        caplog.set_level(logging.DEBUG, logger=name)
    with Loopback(answer({}, status, header=header), tls=tls()) as server:
        request = HttpRequest(server.url + TARGET, b"", {})
        response = client(seconds=TOO_LONG).post(request)
    assert response.status == status
    assert CANARY not in caplog.text + repr(request) + repr(response)


def test_f80_a_user_name_is_not_shown() -> None:
    """A URL with a password is refused without quoting it."""
    with pytest.raises(Permanent) as raised:
        client().post(HttpRequest(f"https://user:{CANARY}@127.0.0.1/", b"", {}))
    assert CANARY not in "".join(traceback.format_exception(raised.value))


def test_f80_a_header_that_cannot_be_sent_is_not_shown() -> None:
    """A line break in a header is a permanent failure, and nothing is sent."""
    with Loopback(answer({}), tls=tls()) as server:
        with pytest.raises(Permanent) as raised:
            client(seconds=TOO_LONG).post(HttpRequest(server.url, b"", {"Authorization": f"a\r\n{CANARY}"}))
        assert server.received == []
    assert CANARY not in "".join(traceback.format_exception(raised.value))


def test_f80_a_peer_that_does_not_read_is_cut() -> None:
    """A request of 30 MB to a peer that reads nothing ends at the deadline, unconfirmed."""
    _GONE.clear()
    started = time.monotonic()
    with RawServer(mute) as server, contextlib.ExitStack() as ending:
        ending.callback(_GONE.set)
        failure = failed(server.url, bytes(30_000_000), seconds=TOO_LONG)
        elapsed = time.monotonic() - started
    assert (type(failure), elapsed < TOO_LONG) == (Unconfirmed, True)


def test_f80_a_body_that_drips_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is an answer, so the rest of the body is not waited for."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    real, reads = HTTPResponse.read1, itertools.count()

    def read(*arguments: Any, **options: Any) -> bytes:
        if next(reads) == 3:  # after some pieces of the body
            DEADLINE.end()
        return real(*arguments, **options)

    monkeypatch.setattr("urllib3.response.HTTPResponse.read1", read)
    started = time.monotonic()
    with Loopback(drip(head, b"a", passing_at=None), tls=tls()) as server:
        response = client(seconds=TOO_LONG).post(HttpRequest(server.url, b"", {}))
        assert time.monotonic() - started < TOO_LONG
    assert (response.status, set(response.body)) == (200, {ord("a")})


COOKIES = {
    "many and long": b"Set-Cookie: a=b\r\n" + (b"Set-Cookie2: " + b"a," * 32_700 + b"\r\n") * 97,
    "a year of 5,000 digits": b"Set-Cookie: a=b; expires=1-Jan-" + b"1" * 5_000 + b" 00:00:00 GMT\r\n",
}


@pytest.mark.parametrize("cookies", COOKIES.values(), ids=COOKIES)
def test_f80_cookies_are_not_parsed(cookies: bytes) -> None:
    """Parsing them would outlast the deadline, and warn of those that it cannot parse."""
    said = say(b"HTTP/1.1 200 OK\r\n" + cookies + b"Content-Length: 2\r\n\r\n{}")
    with warnings.catch_warnings(record=True) as caught, Loopback(said, tls=tls()) as server:
        warnings.simplefilter("always")
        response = client(seconds=DEFAULT_SECONDS).post(HttpRequest(server.url, b"{}", {}))
    assert (response.status, response.body) == (200, b"{}")
    assert [str(each.message) for each in caught] == []


def test_f80_a_look_up_counts_against_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that does not answer is left behind at the deadline, and nothing was written."""
    ended = threading.Event()

    def resolve(*_: object, **__: object) -> None:
        ended.wait(TOO_LONG)
        raise socket.gaierror

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    started = time.monotonic()
    failure = failed("https://name.example")
    assert time.monotonic() - started < TOO_LONG
    ended.set()
    assert type(failure) is Transient
    assert failure.reason == "name.example: the connection failed (not within 0.1 seconds)."


def test_f80_connecting_has_what_the_look_up_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for the connection is what remains, not the whole deadline anew."""
    timeouts: list[float] = []
    clock = [100.0]
    real = socket.getaddrinfo

    def connect(_: object, timeout: float, **__: object) -> None:
        timeouts.append(timeout)
        raise OSError

    def resolve(*arguments: Any, **options: Any) -> Any:
        clock[0] += 20
        return real(*arguments, **options)

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("notifications.exchange.HttpAttempt", partial(HttpAttempt, monotonic=lambda: clock[0]))
    failed(f"https://{HOST}:8443", seconds=60)
    assert timeouts == [40]


def test_a_connection_that_is_reset_before_tls_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket is closed when it is collected; one that is left open would be a warning here."""
    real = connection.create_connection

    def connect(*arguments: Any, **options: Any) -> Any:
        made = real(*arguments, **options)
        select.select([made], [], [], TOO_LONG)  # until the reset has arrived
        return made

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    with RawServer(reset_at_once) as server:
        assert type(failed(server.url, seconds=TOO_LONG)) is Transient
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gc.collect()
    assert [each.message for each in caught if each.category is ResourceWarning] == []


def test_f80_an_invalid_host_is_permanent() -> None:
    """A name with a label of 64 characters cannot be looked up, however often it is tried."""
    assert type(failed(f"https://{'a' * 64}.example")) is Permanent
