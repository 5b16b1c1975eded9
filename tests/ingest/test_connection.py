"""One connection: its waits end at the deadline, whatever the server does, and it speaks TLS."""

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

LONG = 30.0  # far beyond what these tests take, so that only a deadline can end a wait sooner


def soon(seconds: float) -> Deadline:
    return Deadline(seconds, time.monotonic)


def plain(url: str, timeouts: Timeouts = Timeouts()) -> "closing[Connection]":  # noqa: B008 - immutable
    return closing(Connection(url, trust=None, timeouts=timeouts))


def trickle(conversation: Conversation) -> bool:
    """A byte from time to time, for ever: each read gets something, and the answer never ends."""
    conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not conversation.waited(0.02):
        conversation.send(b" ")
    return False


def test_a_server_that_trickles_does_not_outlast_the_deadline() -> None:
    """The whole answer has one limit, not each of its bytes."""
    with Loopback(trickle) as server, plain(server.url, Timeouts(LONG, LONG)) as connection:
        with pytest.raises(TimeoutError):
            connection.exchange("POST", "/", {}, b"", soon(0.3))
        assert len(server.received) == 1


def test_f10_a_server_that_does_not_read_a_large_body_does_not_outlast_the_deadline() -> None:
    """Sending has its limit too: four megabytes into a connection that takes some and then no more."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        with plain(f"http://127.0.0.1:{port}", Timeouts(LONG, LONG)) as connection, pytest.raises(TimeoutError):
            connection.exchange("PUT", "/b/k", {}, b"x" * 4_000_000, soon(0.3))


def test_an_exchange_has_a_limit_of_its_own() -> None:
    """With time left altogether, one exchange does not use all of it: a second attempt must fit in."""
    with Loopback(trickle) as server, plain(server.url, Timeouts(1, 0.2)) as connection:
        deadline = soon(LONG)
        with pytest.raises(TimeoutError):
            connection.exchange("POST", "/", {}, b"", deadline)
        assert deadline.remaining() > LONG / 2


def test_nothing_is_sent_when_the_time_is_over() -> None:
    """A request that starts too late could be carried out after Alma got an error, so not a byte of it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with plain(f"http://127.0.0.1:{server.getsockname()[1]}") as connection:
            connection.open(soon(LONG))
            peer, _ = server.accept()
            with pytest.raises(TimeoutError):
                connection.exchange("POST", "/", {}, b"x", soon(0))
        with peer:
            assert peer.recv(1) == b""


@contextmanager
def silent_address() -> Iterator[tuple[str, int]]:
    """An address at which nobody accepts: its queue of connections is full."""
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
    """A host with many addresses that do not answer costs no more than one."""
    with silent_address() as address, plain("http://host.invalid", Timeouts(0.2, LONG)) as connection:
        resolve(monkeypatch, *[address] * 100)
        deadline = soon(LONG)
        with pytest.raises(TimeoutError):
            connection.open(deadline)
        assert deadline.remaining() > LONG / 2  # a hundred limits of 0.2 s would have taken twenty seconds


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
def test_the_port_is_the_schemes_unless_the_url_names_one(
    url: str, name: bytes, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Host and port are looked up for a stream; a host that has no address is an error like any other."""
    asked: list[tuple[object, ...]] = []

    def look_up(*address: object, type: socket.SocketKind) -> list[Any]:  # noqa: A002 - getaddrinfo's own name
        asked.append((*address, type))
        return []

    monkeypatch.setattr("ingest.connection.socket.getaddrinfo", look_up)
    with plain(url) as connection, pytest.raises(OSError, match=r"^The host has no address\.$"):
        connection.open(soon(4))
    assert asked == [(name, port, socket.SOCK_STREAM)]


def test_the_next_address_is_tried_when_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead address before a live one costs nothing but the try."""
    with Loopback(answer({})) as dead:
        gone = int(dead.url.rpartition(":")[2])
    with Loopback(answer({"n": 1})) as server, plain("http://host.invalid") as connection:
        resolve(monkeypatch, ("127.0.0.1", gone), ("127.0.0.1", int(server.url.rpartition(":")[2])))
        assert connection.exchange("POST", "/", {}, b"", soon(4)) == (200, b'{"n": 1}')


def test_the_next_address_is_tried_when_the_machine_does_not_speak_ones_family(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may have addresses of IPv6 where there is none; if there is nothing else, that is the error."""
    nobodys: Any = 999  # a family
    found: list[Any] = [(nobodys, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]
    monkeypatch.setattr("ingest.connection.socket.getaddrinfo", lambda *_, **__: found)
    with Loopback(answer({})) as server, plain("http://host.invalid") as connection:
        with pytest.raises(OSError, match="not supported"):
            connection.open(soon(4))
        found.append((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(server.url.rpartition(":")[2]))))
        assert connection.exchange("POST", "/", {}, b"", soon(4)) == (200, b"{}")


def test_a_connection_that_is_said_to_close_is_not_used_again() -> None:
    """Even if the server leaves it open: what is sent on it then may be read by nobody."""
    last = answer({"n": 1}, header="Connection: close\r\n")
    with Loopback(last, answer({"n": 2})) as server, plain(server.url) as connection:
        assert [connection.exchange("POST", "/", {}, b"", soon(4))[1] for _ in range(2)] == [b'{"n": 1}', b'{"n": 2}']
    assert [received.connection for received in server.received] == [1, 2]


def readable(connection: Connection) -> None:
    """Waits until something has come that nobody has read yet."""
    assert select.select([connection.open(soon(LONG))], [], [], LONG)[0]


def test_a_connection_that_the_server_has_ended_gets_no_request() -> None:
    """Its end has come by then, as it mostly has between two rare webhooks: no attempt is spent on finding out."""
    with Loopback(answer({}, keep=False), answer({"n": 2})) as server, plain(server.url) as connection:
        connection.exchange("POST", "/", {}, b"", soon(4))
        readable(connection)
        assert connection.exchange("POST", "/", {}, b"", soon(4)) == (200, b'{"n": 2}')
    assert [received.connection for received in server.received] == [1, 2]


def test_what_comes_unasked_is_not_the_next_requests_answer() -> None:
    """A server's farewell, for instance: that it waited long enough."""
    asked = threading.Event()

    def farewell(conversation: Conversation) -> bool:
        answer({})(conversation)
        asked.wait(LONG)
        return answer({"n": 1}, 408)(conversation)

    with Loopback(farewell, answer({"n": 2})) as server, plain(server.url) as connection:
        connection.exchange("POST", "/", {}, b"", soon(4))
        asked.set()
        readable(connection)
        assert connection.exchange("POST", "/", {}, b"", soon(4)) == (200, b'{"n": 2}')


def test_an_answer_that_was_not_read_is_not_the_next_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever went wrong: a 200 that is another's would say that a body is stored which is not."""

    def no_memory(receive: Callable[[], bytes]) -> None:
        receive()
        raise MemoryError

    with Loopback(answer({"n": 1}), answer({"n": 2})) as server, plain(server.url) as connection:
        with monkeypatch.context() as patched:
            patched.setattr("ingest.connection.read_response", no_memory)
            with pytest.raises(MemoryError):
                connection.exchange("POST", "/", {}, b"", soon(4))
        assert connection.exchange("POST", "/", {}, b"", soon(4)) == (200, b'{"n": 2}')
    assert [received.connection for received in server.received] == [1, 2]


def test_a_compressed_answer_is_not_wanted() -> None:
    """No word on codings means that all are welcome."""
    with Loopback(answer({})) as server, plain(server.url) as connection:
        connection.exchange("POST", "/", {}, b"", soon(4))
    assert server.received[0].headers["accept-encoding"] == "identity"


def test_what_tls_itself_sends_is_not_taken_for_an_answer(certificate: Path) -> None:
    """Tickets for later sessions come after the handshake and wait to be read: the connection is as good as before."""
    with Loopback(answer({}), tls=serving(certificate)) as server:
        trusting = closing(Connection(server.url, trust=Trust(str(certificate)), timeouts=Timeouts()))
        with trusting as connection:
            opened = connection.open(soon(4))
            readable(connection)
            connection.exchange("POST", "/", {}, b"x", soon(4))
            assert connection.open(soon(4)) is opened


def test_https_is_tls_over_a_kept_connection(certificate: Path) -> None:
    """A server with a certificate that is trusted and for its name is talked to, twice on one connection."""
    with Loopback(answer({}), tls=serving(certificate)) as server:
        trusting = closing(Connection(server.url, trust=Trust(str(certificate)), timeouts=Timeouts()))
        with trusting as connection:
            assert [connection.exchange("POST", "/", {}, b"x", soon(4)) for _ in range(2)] == [(200, b"{}")] * 2
    assert [received.connection for received in server.received] == [1, 1]


def test_http_is_plain_though_others_use_tls() -> None:
    """What TLS needs is shared by all connections; the URL says who uses it."""
    with Loopback(answer({})) as server:
        sharing = closing(Connection(server.url, trust=Trust(), timeouts=Timeouts()))
        with sharing as connection:
            assert connection.exchange("POST", "/", {}, b"x", soon(4)) == (200, b"{}")


def test_a_server_that_does_not_shake_hands_does_not_outlast_the_limit() -> None:
    """It took the connection and says nothing: TLS belongs to connecting."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        waiting = closing(Connection(url, trust=Trust(), timeouts=Timeouts(0.2, LONG)))
        with waiting as connection, pytest.raises(TimeoutError):
            connection.open(soon(LONG))


def test_a_certificate_that_is_not_trusted_ends_the_connection(certificate: Path) -> None:
    """Nothing is sent to a server that could be anybody."""
    with Loopback(answer({}), tls=serving(certificate)) as server:
        wary = closing(Connection(server.url, trust=Trust(), timeouts=Timeouts()))
        with wary as connection, pytest.raises(ssl.SSLCertVerificationError):
            connection.exchange("POST", "/", {}, b"x", soon(4))
    assert server.received == []


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
