"""The server: on this computer only, without a delay, and in a thread of another command."""

import http.client
import socket
from contextlib import closing
from urllib.parse import urlsplit

from scripts.aws.context import StackContext
from scripts.console.console import Console
from scripts.console.server import ConsoleServer, listener


def test_f81_it_listens_on_this_computer_only() -> None:
    """No other computer of the network can connect."""
    with closing(listener(0)) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_connections_send_without_a_delay() -> None:
    """The system does not wait for more before it sends the end of an answer."""
    with closing(listener(0)) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_it_serves_in_a_thread_and_ends_with_the_block(scope: StackContext) -> None:
    """Another command serves it while it does its own work; nothing listens afterwards."""
    with ConsoleServer(Console(scope), 0) as server:
        place = urlsplit(server.sessions.url)
        with closing(http.client.HTTPConnection(place.netloc)) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().status == 401
    with closing(socket.socket()) as probe:
        assert probe.connect_ex((place.hostname, place.port)) != 0
