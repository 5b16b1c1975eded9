"""TLS servers on 127.0.0.1 for notifications: a certificate authority, and a server that need not read requests."""

import contextlib
import functools
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme

from notifications.pinned_adapter import ClosingSocket

HOST = "127.0.0.1"


@functools.cache
def _authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def authorities() -> str:
    """Return the path of the file with the certificate of the test authority."""
    path = Path(tempfile.mkdtemp()) / "authority.pem"
    _authority().cert_pem.write_to_path(path)
    return str(path)


def authority_pem() -> str:
    """Return the certificate of the test authority in PEM."""
    return _authority().cert_pem.bytes().decode()


@functools.cache
def tls(*names: str) -> ssl.SSLContext:
    """Return a server's context with a certificate for these names, by default for 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslsocket_class = ClosingSocket
    _authority().issue_cert(*(names or (HOST, "localhost"))).configure_cert(context)
    return context


class RawServer:
    """Passes each accepted connection, before TLS, to a behavior, which runs until the connection is closed."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self._behave = behave
        self._listener = socket.create_server((HOST, 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.port = self._listener.getsockname()[1]
        self.url = f"https://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self._behave(connection)
                except OSError:
                    continue


def until_closed(connection: socket.socket) -> None:
    """Read and drop everything until the peer closes the connection."""
    while connection.recv(65536):
        pass


def shaken(connection: socket.socket) -> ssl.SSLSocket:
    """Return the connection after the TLS handshake."""
    return tls().wrap_socket(connection, server_side=True)


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """Yield an address on which nothing listens."""
    with socket.create_server((HOST, 0)) as closed:
        port = closed.getsockname()[1]
    yield f"https://{HOST}:{port}"
