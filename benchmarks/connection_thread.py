"""Serve one connection to the stub in its own thread: read requests, send responses, end on command."""

import os
import select
import socket
import ssl
import struct
import threading
from contextlib import suppress
from typing import Final

from benchmarks.runner.answers import Answers, Asked

_CHUNK: Final = 262_144
_LOOK_SECONDS: Final = 0.05
_RESET: Final = struct.pack("ii", 1, 0)

CLOSE, RESET, MUTE = b"close", b"reset", b"mute"
"""The commands of a connection: close as HTTP servers do, reset without notice, never respond again."""


class ConnectionThread(threading.Thread):
    """Serves until the client closes the connection or a command ends it."""

    def __init__(self, accepted: socket.socket, tls: ssl.SSLContext, answers: Answers) -> None:
        super().__init__(daemon=True)
        self._accepted = accepted
        self._tls = tls
        self._answers = answers
        self._orders, self._order = os.pipe()
        self._obeyed = threading.Event()
        self._is_mute = False

    def order(self, what: bytes) -> None:
        """Send CLOSE, RESET or MUTE, and wait until it is carried out or the connection has ended."""
        self._obeyed.clear()
        if self.is_alive():
            os.write(self._order, what)
        while self.is_alive() and not self._obeyed.wait(_LOOK_SECONDS):
            pass  # the connection may have ended before the command

    def forget(self) -> None:
        """Release the resources of an ended connection."""
        os.close(self._orders)
        os.close(self._order)

    def run(self) -> None:
        """Serve the connection."""
        self._accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError), self._tls.wrap_socket(self._accepted, server_side=True) as served:
            self._serve(served)
        self._accepted.close()
        self._obeyed.set()

    def _serve(self, served: ssl.SSLSocket) -> None:
        pending = b""
        while True:
            if not served.pending():
                readable, _, _ = select.select([served.fileno(), self._orders], [], [])
                if self._orders in readable and not self._obey(served, os.read(self._orders, len(CLOSE))):
                    return
                if served.fileno() not in readable:
                    continue
            received = served.recv(_CHUNK)
            if not received:
                return
            pending = b"" if self._is_mute else self._answered(served, pending + received)

    def _answered(self, served: ssl.SSLSocket, received: bytes) -> bytes:
        """Respond to a complete request. Return the remaining bytes, which may be an incomplete request."""
        head, separator, body = received.partition(b"\r\n\r\n")
        if not separator:
            return received
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        length = int(headers.get("content-length", "0"))
        if len(body) < length:
            body += _read(served, length - len(body))
        method, path, _ = lines[0].split(" ", 2)
        status, kind, answer = self._answers.answer(Asked(method, path, headers, body[:length]))
        status_and_headers = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n"
        served.sendall(status_and_headers.encode() + answer)
        return body[length:]

    def _obey(self, served: ssl.SSLSocket, order: bytes) -> bool:
        """Carry out a command; return whether the connection stays open."""
        self._is_mute = order == MUTE
        if order == RESET:
            served.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        elif order == CLOSE:
            served.settimeout(0)  # says that it closes, and does not wait to hear the same
            with suppress(OSError, ValueError):
                served.unwrap()
        if self._is_mute:
            self._obeyed.set()
        return self._is_mute


def _read(served: ssl.SSLSocket, length: int) -> bytes:
    chunks = []
    while length > 0:
        received = served.recv(min(length, _CHUNK))
        if not received:
            raise ConnectionResetError
        chunks.append(received)
        length -= len(received)
    return b"".join(chunks)
