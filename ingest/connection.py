"""A persistent HTTP connection with a deadline for each wait. Does not retry.

The timeout of a socket restarts with each read and with each address of a host, so a slow server, or a host with
several silent addresses, would exceed any budget. Only the DNS lookup has no limit here.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Mapping

from ingest.deadline import Deadline
from ingest.http_response import read_response
from ingest.lite_namedtuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ingest.tls import Trust

_PORTS = {"http": 80, "https": 443}
_READ_BYTES = 16 * 1024  # what a TLS record holds


class Timeouts(NamedTuple):
    """Seconds for connecting (including TLS), and for a request with its response; the deadline bounds both."""

    connect: float = 1.0
    exchange: float = 1.5


class Connection:
    """A connection to the host of an http or https URL, opened on demand and again after it was closed."""

    def __init__(self, url: str, *, trust: Trust | None, timeouts: Timeouts) -> None:
        scheme, _, rest = url.partition("://")
        scheme = scheme.lower()
        self.host, _, path = rest.partition("/")
        self.path = f"/{path}"
        self._trust = trust if scheme == "https" else None
        self._address = _address(self.host.encode("ascii"), _PORTS[scheme])
        self._timeouts = timeouts
        self._socket: socket.socket | None = None

    def open(self, deadline: Deadline) -> socket.socket:
        """Return the socket, after connecting if necessary. Raise OSError."""
        if self._socket is None:
            connecting = deadline.within(self._timeouts.connect)
            connected = _connected(self._address, connecting)
            try:
                connected.settimeout(connecting.remaining())
                if self._trust:
                    connected = self._trust.wrap(connected, self._address[0])
            except BaseException:
                connected.close()
                raise
            self._socket = connected
        return self._socket

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> tuple[int, bytes]:
        """Send a request and return the status and the whole body of the response. Raise OSError.

        After any exception the connection is closed, because the next request must not read this response.
        """
        if self._socket and not _is_quiet(self._socket):
            self.close()
        connected = self.open(deadline)
        exchanging = deadline.within(self._timeouts.exchange)
        try:
            _send(connected, _head(method, path, headers, len(body)) + body, exchanging)
            answer = read_response(lambda: _receive(connected, exchanging))
        except BaseException:
            self.close()
            raise
        if not answer.keep_alive:
            self.close()
        return answer.status, answer.body

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _address(host: bytes, usual_port: int) -> tuple[bytes, int]:
    """Return name and port. The name is bytes: text would load the IDNA tables, 1.5 ms of a cold start."""
    name, _, port = host.rpartition(b":")
    if not name or port.endswith(b"]"):  # a colon inside an IPv6 address, which is in brackets
        name, port = host, b""
    return name.strip(b"[]"), int(port or usual_port)


def _head(method: str, path: str, headers: Mapping[str, str], length: int) -> bytes:
    # Without Accept-Encoding any coding is acceptable (RFC 9110, 12.5.3), so an intermediary may compress.
    own = {"Accept-Encoding": "identity", "Content-Length": str(length)}
    lines = "\r\n".join(map(": ".join, {**headers, **own}.items()))
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n\r\n".encode("latin-1")


def _is_quiet(connected: socket.socket) -> bool:
    """Return whether nothing waits to be read: neither the end of the connection nor unexpected data."""
    waiting = select.poll()
    waiting.register(connected, select.POLLIN)
    if not waiting.poll(0):
        return True  # nearly always, and cheaper than reading, which would raise
    connected.settimeout(0)  # what waits may be a session ticket of TLS, which is no data
    try:
        connected.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        pass  # it was reset
    return False


def _send(connected: socket.socket, data: bytes, exchanging: Deadline) -> None:
    unsent = memoryview(data)
    while unsent:
        connected.settimeout(exchanging.remaining())
        unsent = unsent[connected.send(unsent) :]


def _receive(connected: socket.socket, exchanging: Deadline) -> bytes:
    connected.settimeout(exchanging.remaining())
    return connected.recv(_READ_BYTES)


def _connected(address: tuple[bytes, int], connecting: Deadline) -> socket.socket:
    failure = OSError("The host has no address.")
    for family, kind, protocol, _, resolved in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        try:
            candidate = socket.socket(family, kind, protocol)
        except OSError as error:
            failure = error  # an address family that this machine does not support
            continue
        try:
            candidate.settimeout(connecting.remaining())
            candidate.connect(resolved)
            candidate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            candidate.close()
            failure = error
        else:
            return candidate
    raise failure
