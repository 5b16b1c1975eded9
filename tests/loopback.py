"""A server on 127.0.0.1 with a scripted behavior for each request: respond, close, reset, stall."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self


class Received(NamedTuple):
    """One request as it arrived; connections are counted from 1."""

    connection: int
    request: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def members(self) -> Any:
        """The body's JSON value."""
        return json.loads(self.body)


class Conversation:
    """The connection that a behavior works on."""

    def __init__(self, server: "Loopback", sock: socket.socket) -> None:
        self._server = server
        self._sock = sock

    def send(self, data: bytes) -> None:
        """Send bytes unchanged."""
        self._sock.sendall(data)

    def reset(self) -> None:
        """End the connection with a reset instead of a close."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def waited(self, seconds: float | None = None) -> bool:
        """Wait until the server ends or the time is over, and return whether it has ended."""
        return self._server.ended.wait(seconds)


Behaviour = Callable[[Conversation], bool]
"""Handles one request and returns whether the connection is kept."""


def answer(members: Any, status: int = 200, *, header: str = "", keep: bool = True) -> Behaviour:
    """Send a JSON response; `keep=False` then closes the connection without announcing it."""
    body = json.dumps(members).encode()

    def behave(conversation: Conversation) -> bool:
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{header}\r\n"
        conversation.send(head.encode() + body)
        return keep

    return behave


def answer_then_reset(members: Any) -> Behaviour:
    """Send a JSON response, then reset the connection."""
    answered = answer(members)

    def behave(conversation: Conversation) -> bool:
        answered(conversation)
        conversation.reset()
        return False

    return behave


def say(data: bytes) -> Behaviour:
    """Send these bytes, then close the connection."""

    def behave(conversation: Conversation) -> bool:
        conversation.send(data)
        return False

    return behave


def close(_conversation: Conversation) -> bool:
    """Close the connection without a response."""
    return False


def reset(conversation: Conversation) -> bool:
    """Reset the connection without a response."""
    conversation.reset()
    return False


def stall(conversation: Conversation) -> bool:
    """Neither respond nor close the connection."""
    conversation.waited()
    return False


class Loopback:
    """Serve the behaviors one after the other, across connections; repeat the last one."""

    def __init__(self, *script: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._script = list(script)
        self._tls = tls
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self.ended = threading.Event()
        self.received: list[Received] = []
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                _shut(connection)
        for thread in self._threads:
            thread.join()

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer waits 40 ms for an ACK
            with self._lock:
                self._connections.append(connection)
            self._start(self._serve, connection, len(self._connections))

    def _serve(self, connection: socket.socket, number: int) -> None:
        served = self._encrypted(connection) if self._tls else connection
        with suppress(OSError), served:
            if isinstance(served, ssl.SSLSocket):
                served.do_handshake()
            with served.makefile("rb") as stream:
                while self._serve_one(served, stream, number):
                    pass

    def _encrypted(self, connection: socket.socket) -> socket.socket:
        """Return the connection with TLS, which replaces the other, so that the end of the server can shut it."""
        assert self._tls
        with self._lock:
            encrypted = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            self._connections[self._connections.index(connection)] = encrypted
        return encrypted

    def _serve_one(self, connection: socket.socket, stream: Any, number: int) -> bool:
        request = stream.readline().strip().decode()
        if not request:
            return False
        headers: dict[str, str] = {}
        while (line := stream.readline().strip()) and (parts := line.decode().partition(": ")):
            headers[parts[0].lower()] = parts[2]
        body = stream.read(int(headers.get("content-length", "0")))
        with self._lock:
            self.received.append(Received(number, request, headers, body))
            behaviour = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        return behaviour(Conversation(self, connection))


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # its thread has closed it already
