"""One HTTP connection, kept alive, whose waits end at a deadline. Signs nothing, tries nothing twice.

A socket's own timeout starts anew with each read and with each address of a host, so that a server which trickles, or a
host with several silent addresses, would outlast any budget. Only the look-up of a host's name has no limit here.
"""

import http.client
import io
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ingest.deadline import Deadline

if TYPE_CHECKING:
    from ssl import SSLContext


class Timeouts(NamedTuple):
    """Seconds for connecting, TLS included, and for a request with its whole answer; the deadline bounds both."""

    connect: float = 1.0
    exchange: float = 1.5


class Connection:
    """A connection to the host of an http or https URL, opened when it is needed, and again after it was closed."""

    def __init__(self, url: str, *, tls: "SSLContext | None", timeouts: Timeouts) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self._tls = tls if parts.scheme == "https" else None
        self._address = (str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80))
        self._timeouts = timeouts
        self._http: Any = http.client.HTTPConnection(*self._address)  # Any: it is given a socket of our own making

    def open(self, deadline: Deadline) -> None:
        """Connects, if that is not done. Raises OSError."""
        if self._http.sock is not None:
            return
        connecting = deadline.within(self._timeouts.connect)
        connected = _connected(self._address, connecting)
        try:
            connected.settimeout(connecting.left())
            if self._tls:
                connected = self._tls.wrap_socket(connected, server_hostname=self._address[0])
        except BaseException:
            connected.close()
            raise
        self._bounded = _BoundedSocket(connected, connecting)
        self._http.sock = self._bounded

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> tuple[int, bytes]:
        """Sends a request; the answer's status and its body, read to the end or the connection could not be kept.

        Raises OSError, http.client.HTTPException; the connection must be closed then.
        """
        self.open(deadline)
        self._bounded.deadline = deadline.within(self._timeouts.exchange)
        self._http.request(method, path, body, dict(headers))
        with self._http.getresponse() as response:  # closes the connection itself after "Connection: close"
            return response.status, response.read()

    def close(self) -> None:
        """Closes the connection; the next use opens another."""
        self._http.close()


class _BoundedSocket:
    """The part of a socket that http.client uses; every wait on it ends at the deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self.deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self.deadline.left())
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._socket, self))

    def close(self) -> None:
        self._socket.close()


class _BoundedReader(io.RawIOBase):
    def __init__(self, connected: socket.socket, bounded: _BoundedSocket) -> None:
        self._socket = connected
        self._bounded = bounded
        # Holds the socket open until the answer is read: http.client closes it before, if the server wants it closed.
        self._raw = connected.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._socket.settimeout(self._bounded.deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _connected(address: tuple[str, int], connecting: Deadline) -> socket.socket:
    failure = OSError("The host has no address.")
    for family, kind, protocol, _, resolved in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        try:
            candidate = socket.socket(family, kind, protocol)
        except OSError as error:
            failure = error  # a family that this machine does not speak
            continue
        try:
            candidate.settimeout(connecting.left())
            candidate.connect(resolved)
            candidate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            candidate.close()
            failure = error
        else:
            return candidate
    raise failure
