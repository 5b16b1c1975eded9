"""How a connection to the stub ends when it is told to."""

import os
import socket
import ssl
from collections.abc import Iterator

import pytest

from benchmarks.stub_process import StubProcess
from benchmarks.workspace import Workspace

REQUEST = b'POST / HTTP/1.1\r\nX-Amz-Target: AmazonSSM.GetParameter\r\nContent-Length: 13\r\n\r\n{"Name": "n"}'


@pytest.fixture
def connection(place: Workspace, stub: StubProcess) -> Iterator[ssl.SSLSocket]:
    """One that has had an answer, and waits half a second at most for another."""
    tls = ssl.create_default_context(cafile=str(place.small_bundle))
    with (
        socket.create_connection(("127.0.0.1", stub.port), timeout=0.5) as plain,
        tls.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as connected,
    ):
        connected.sendall(REQUEST)
        assert connected.recv(1000).startswith(b"HTTP/1.1 200 ")
        yield connected


def test_a_closed_one_says_that_it_closes(connection: ssl.SSLSocket, stub: StubProcess) -> None:
    """The end of TLS, then that of TCP, as HTTP servers do it: nothing is raised."""
    stub.order("close")
    assert connection.recv(1000) == b""


def test_a_reset_one_says_nothing(connection: ssl.SSLSocket, stub: StubProcess) -> None:
    """The kernel does. Asked below TLS, whose versions in Python call it by different names."""
    stub.order("reset")
    with socket.socket(fileno=os.dup(connection.fileno())) as below, pytest.raises(ConnectionResetError):
        below.recv(1000)


def test_a_mute_one_takes_requests_and_never_answers(
    connection: ssl.SSLSocket, place: Workspace, stub: StubProcess
) -> None:
    """Half-open, as far as a client can see; whoever connects anew is served."""
    stub.order("mute")
    connection.sendall(REQUEST)
    with pytest.raises(TimeoutError):
        connection.recv(1000)
    tls = ssl.create_default_context(cafile=str(place.small_bundle))
    with (
        socket.create_connection(("127.0.0.1", stub.port), timeout=5) as plain,
        tls.wrap_socket(plain, server_hostname="localhost") as other,
    ):
        other.sendall(REQUEST[:50])
        other.sendall(REQUEST[50:])
        assert other.recv(1000).startswith(b"HTTP/1.1 200 ")
