"""Connections: every wait ends at the deadline, and TLS is supported."""

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingest.connection import Connection, Timeouts
from ingest.deadline import Deadline
from ingest.tls import Trust
from tests.loopback import Conversation, Loopback, answer

LONG = 30.0  # much longer than these tests, so that only a deadline can end a wait


def deadline_in(seconds: float) -> Deadline:
    return Deadline(seconds, time.monotonic)


def plain(url: str, timeouts: Timeouts = Timeouts()) -> "closing[Connection]":  # noqa: B008 - immutable
    return closing(Connection(url, trust=None, timeouts=timeouts))


def trickle(conversation: Conversation) -> bool:
    """Sends one byte from time to time, so that the response never ends."""
    conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not conversation.waited(0.02):
        conversation.send(b" ")
    return False


def test_a_slow_server_does_not_exceed_the_deadline() -> None:
    """The deadline applies to the whole response, not to each byte."""
    with Loopback(trickle) as server, plain(server.url, Timeouts(LONG, LONG)) as connection:
        with pytest.raises(TimeoutError):
            connection.exchange("POST", "/", {}, b"", deadline_in(0.3))
        assert len(server.received) == 1


def test_f10_sending_a_large_body_does_not_exceed_the_deadline() -> None:
    """The deadline also applies to sending, if the server stops reading a body of four megabytes."""
    with socket.create_server(("127.0.0.1", 0)) as silent_server:
        port = silent_server.getsockname()[1]
        with plain(f"http://127.0.0.1:{port}", Timeouts(LONG, LONG)) as connection, pytest.raises(TimeoutError):
            connection.exchange("PUT", "/b/k", {}, b"x" * 4_000_000, deadline_in(0.05))


def test_an_exchange_has_its_own_limit() -> None:
    """One exchange does not use all of the remaining time, so that a second attempt is possible."""
    with Loopback(trickle) as server, plain(server.url, Timeouts(1, 0.2)) as connection:
        deadline = deadline_in(LONG)
        with pytest.raises(TimeoutError):
            connection.exchange("POST", "/", {}, b"", deadline)
        assert deadline.remaining() > LONG / 2


def test_nothing_is_sent_after_the_deadline() -> None:
    """A late request is not sent, because it could take effect after Alma got an error."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with plain(f"http://127.0.0.1:{server.getsockname()[1]}") as connection:
            connection.open(deadline_in(LONG))
            peer, _ = server.accept()
            with pytest.raises(TimeoutError):
                connection.exchange("POST", "/", {}, b"x", deadline_in(0))
        with peer:
            assert peer.recv(1) == b""


@contextmanager
def silent_address() -> Iterator[tuple[str, int]]:
    """An address that accepts no connections, because its backlog is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.settimeout(0)
            each.connect_ex(listener.getsockname())
        yield listener.getsockname()
        for each in waiting:
            each.close()


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
    monkeypatch.setattr("ingest.connection.socket.getaddrinfo", lambda *_, **__: found)


def test_several_silent_addresses_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with many addresses that do not answer takes no longer than one address."""
    with silent_address() as address, plain("http://host.invalid", Timeouts(0.05, LONG)) as connection:
        resolve(monkeypatch, *[address] * 400)
        deadline = deadline_in(LONG)
        with pytest.raises(TimeoutError):
            connection.open(deadline)
        assert deadline.remaining() > LONG / 2  # four hundred limits of 0.05 s would have taken twenty seconds


@pytest.mark.parametrize(
    ("url", "name", "port"),
    [
        ("http://host.invalid", b"host.invalid", 80),
        ("https://host.invalid/a/b:c", b"host.invalid", 443),
        ("https://host.invalid:8443", b"host.invalid", 8443),
        ("https://Xhost.invalid/a://b", b"Xhost.invalid", 443),
        ("HTTPS://host.invalid", b"host.invalid", 443),
        ("https://[::1]", b"::1", 443),
        ("https://[::1]:8443/", b"::1", 8443),
    ],
)
def test_the_default_port_is_that_of_the_scheme(
    url: str, name: bytes, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port comes from the URL or its scheme; a host without an address is an error."""
    lookups: list[tuple[object, ...]] = []

    def look_up(*address: object, type: socket.SocketKind) -> list[Any]:  # noqa: A002 - getaddrinfo's own name
        lookups.append((*address, type))
        return []

    monkeypatch.setattr("ingest.connection.socket.getaddrinfo", look_up)
    with plain(url) as connection, pytest.raises(OSError, match=r"^The host has no address\.$"):
        connection.open(deadline_in(4))
    assert lookups == [(name, port, socket.SOCK_STREAM)]


def test_the_next_address_is_tried_when_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreachable address is skipped at no cost but the attempt."""
    with Loopback(answer({})) as dead:
        gone = int(dead.url.rpartition(":")[2])
    with Loopback(answer({"n": 1})) as server, plain("http://host.invalid") as connection:
        resolve(monkeypatch, ("127.0.0.1", gone), ("127.0.0.1", int(server.url.rpartition(":")[2])))
        assert connection.exchange("POST", "/", {}, b"", deadline_in(4)) == (200, b'{"n": 1}')


def test_an_unsupported_address_family_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host can have IPv6 addresses on a machine without IPv6; if it has no others, that is the error."""
    unsupported: Any = 999  # an address family
    found: list[Any] = [(unsupported, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]
    monkeypatch.setattr("ingest.connection.socket.getaddrinfo", lambda *_, **__: found)
    with Loopback(answer({})) as server, plain("http://host.invalid") as connection:
        with pytest.raises(OSError, match="not supported"):
            connection.open(deadline_in(4))
        found.append((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(server.url.rpartition(":")[2]))))
        assert connection.exchange("POST", "/", {}, b"", deadline_in(4)) == (200, b"{}")


def test_a_connection_with_connection_close_is_not_reused() -> None:
    """The connection is not reused even if the server leaves it open."""
    last = answer({"n": 1}, header="Connection: close\r\n")
    with Loopback(last, answer({"n": 2})) as server, plain(server.url) as connection:
        assert [connection.exchange("POST", "/", {}, b"", deadline_in(4))[1] for _ in range(2)] == [
            b'{"n": 1}',
            b'{"n": 2}',
        ]
    assert [received.connection for received in server.received] == [1, 2]


def readable(connection: Connection) -> None:
    """Waits until unread data has arrived."""
    assert select.select([connection.open(deadline_in(LONG))], [], [], LONG)[0]


def test_a_connection_closed_by_the_server_is_not_used() -> None:
    """A closed connection is detected before a request, without using up an attempt."""
    with Loopback(answer({}, keep=False), answer({"n": 2})) as server, plain(server.url) as connection:
        connection.exchange("POST", "/", {}, b"", deadline_in(4))
        readable(connection)
        assert connection.exchange("POST", "/", {}, b"", deadline_in(4)) == (200, b'{"n": 2}')
    assert [received.connection for received in server.received] == [1, 2]


def test_unexpected_data_is_not_the_next_response() -> None:
    """Unexpected data, such as a 408 of the server, is not taken for the next response."""
    is_answered = threading.Event()

    def answer_twice(conversation: Conversation) -> bool:
        answer({})(conversation)
        is_answered.wait(LONG)
        return answer({"n": 1}, 408)(conversation)

    with Loopback(answer_twice, answer({"n": 2})) as server, plain(server.url) as connection:
        connection.exchange("POST", "/", {}, b"", deadline_in(4))
        is_answered.set()
        readable(connection)
        assert connection.exchange("POST", "/", {}, b"", deadline_in(4)) == (200, b'{"n": 2}')


def test_an_unread_response_is_not_the_next_response(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 200 of an earlier request must not confirm a body that was not stored."""

    def no_memory(receive: Callable[[], bytes]) -> None:
        receive()
        raise MemoryError

    with Loopback(answer({"n": 1}), answer({"n": 2})) as server, plain(server.url) as connection:
        with monkeypatch.context() as patched:
            patched.setattr("ingest.connection.read_response", no_memory)
            with pytest.raises(MemoryError):
                connection.exchange("POST", "/", {}, b"", deadline_in(4))
        assert connection.exchange("POST", "/", {}, b"", deadline_in(4)) == (200, b'{"n": 2}')
    assert [received.connection for received in server.received] == [1, 2]


def test_compressed_responses_are_not_accepted() -> None:
    """The request has Accept-Encoding, because without it any coding is acceptable."""
    with Loopback(answer({})) as server, plain(server.url) as connection:
        connection.exchange("POST", "/", {}, b"", deadline_in(4))
    assert server.received[0].headers["accept-encoding"] == "identity"


def test_tls_session_tickets_are_not_taken_for_a_response(certificate: Path, own_authority: Path) -> None:
    """Session tickets arrive after the handshake and do not make the connection unusable."""
    with Loopback(answer({}), tls=serving(certificate)) as server:
        trusting = closing(Connection(server.url, trust=Trust(str(own_authority)), timeouts=Timeouts()))
        with trusting as connection:
            opened = connection.open(deadline_in(4))
            readable(connection)
            connection.exchange("POST", "/", {}, b"x", deadline_in(4))
            assert connection.open(deadline_in(4)) is opened


def test_https_uses_tls_over_a_kept_connection(certificate: Path, own_authority: Path) -> None:
    """Two requests to a server with a trusted certificate for its name use one connection."""
    with Loopback(answer({}), tls=serving(certificate)) as server:
        trusting = closing(Connection(server.url, trust=Trust(str(own_authority)), timeouts=Timeouts()))
        with trusting as connection:
            assert [connection.exchange("POST", "/", {}, b"x", deadline_in(4)) for _ in range(2)] == [(200, b"{}")] * 2
    assert [received.connection for received in server.received] == [1, 1]


def test_http_is_plain_although_others_use_tls() -> None:
    """The TLS settings are shared by all connections; the scheme of the URL decides."""
    with Loopback(answer({})) as server:
        sharing = closing(Connection(server.url, trust=Trust(), timeouts=Timeouts()))
        with sharing as connection:
            assert connection.exchange("POST", "/", {}, b"x", deadline_in(4)) == (200, b"{}")


def test_an_incomplete_handshake_ends_at_the_limit() -> None:
    """The handshake is part of connecting, so the limit applies to it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        waiting = closing(Connection(url, trust=Trust(), timeouts=Timeouts(0.05, LONG)))
        with waiting as connection, pytest.raises(TimeoutError):
            connection.open(deadline_in(LONG))


def test_an_untrusted_certificate_ends_the_connection(certificate: Path) -> None:
    """Nothing is sent to a server with an untrusted certificate."""
    with Loopback(answer({}), tls=serving(certificate)) as server:
        untrusting = closing(Connection(server.url, trust=Trust(), timeouts=Timeouts()))
        with untrusting as connection, pytest.raises(ssl.SSLCertVerificationError):
            connection.exchange("POST", "/", {}, b"x", deadline_in(4))
    assert server.received == []


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
