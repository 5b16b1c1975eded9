"""One attempt at a request: its deadline, which cuts the connection, and how far the attempt has come."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self


class HttpAttempt:
    """One request with one total deadline, as a context manager. `target` is the path and query to send.

    Timeouts of sockets bound single reads and writes, so a peer that sends a byte now and then can hold a request for
    ever. When the seconds are over, a thread shuts the connection down, which ends every read and write at once.
    """

    def __init__(self, seconds: float, target: str = "/", *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.target = target
        self.is_written = False  # a part of the request may have been written
        self.is_certificate_bad = False
        self.is_cut = False
        self._monotonic = monotonic
        self._end = monotonic() + seconds
        self._lock = threading.Lock()
        self._watched: socket.socket | None = None
        self._close: Callable[[], None] = lambda: None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._watched is not None:
                _shut_down(self._watched)
                self._watched.close()
                self._watched = None
        self._close()

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self.is_cut or self.remaining() <= 0

    def remaining(self) -> float:
        """Return the seconds until the deadline, at least 0."""
        return max(0.0, self._end - self._monotonic())

    def watch(self, connection: socket.socket, close: Callable[[], None]) -> None:
        """Shut this connection down at the deadline, and call `close` at the end: urllib3 leaves that to the collector.

        TLS takes over the socket of a connection, so a duplicate is kept.
        """
        with self._lock:
            self._close = close
            self._watched = connection.dup()
            if self.is_cut:
                _shut_down(self._watched)

    def _cut(self) -> None:
        with self._lock:
            self.is_cut = True  # first, because what was read so far may then look like a whole answer
            if self._watched is not None:
                _shut_down(self._watched)


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the peer has ended it
        connection.shutdown(socket.SHUT_RDWR)
