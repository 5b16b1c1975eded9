"""Serve a console on this computer until it is ended."""

import gc
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final, Self

import uvicorn

from scripts.aws import ports
from scripts.console.app import console_app
from scripts.console.console import Console
from scripts.console.session import Sessions

# Requests that are being answered have this long after Ctrl-C; what runs in the background has some more.
_GRACE_SECONDS: Final = 1


def listener(port: int) -> socket.socket:
    """Return a socket that listens on this port of 127.0.0.1, on any free one for 0. Raise ConfigurationError."""
    listening = socket.create_server((ports.HOST, ports.free(port)))
    # Its connections inherit this. Without it the system waits 40 ms before it sends the end of an answer.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class _SignaledServer(uvicorn.Server):
    """A server that a closed terminal ends too, as Ctrl-C does: an exception in the middle of a page can get lost."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle SIGHUP like the signals that uvicorn handles, which are raised again at the end of the block."""
        with super().capture_signals():
            if threading.current_thread() is not threading.main_thread():
                yield
                return
            previous = signal.signal(signal.SIGHUP, self.handle_exit)
            try:
                yield
            finally:
                signal.signal(signal.SIGHUP, previous)


class ConsoleServer:
    """A console on a port of 127.0.0.1; 0 takes any free one. Raise ConfigurationError if the port cannot be used."""

    def __init__(self, console: Console, port: int) -> None:
        self._socket = listener(port)
        self.console: Final = console
        self.sessions: Final = Sessions(self._socket.getsockname()[1])
        config = uvicorn.Config(
            console_app(console, self.sessions),
            access_log=False,  # addresses can have the token
            date_header=False,
            lifespan="off",
            log_config=None,
            log_level="critical",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            ws="none",
        )
        self._server = _SignaledServer(config)
        self._thread: Final = Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def serve(self) -> None:
        """Serve until a signal; it is raised again at the end, so that what handled it before does so now."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self.console.end()
            gc.freeze()  # the process ends next; to look through everything for garbage once more takes a second

    def __enter__(self) -> Self:
        """Serve in a thread until the end of the block."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self.console.end()
        self._thread.join(_GRACE_SECONDS + 1)
