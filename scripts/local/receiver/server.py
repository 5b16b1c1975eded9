"""The server of the receiver: services by TLS, its page and its messages without, on one port of this computer."""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from itertools import count
from socketserver import ThreadingTCPServer
from typing import Any, Final
from urllib.parse import unquote

from scripts.aws.ports import HOST
from scripts.local.receiver import services
from scripts.local.receiver.inbox import Inbox
from scripts.local.receiver.page import POLICY, page

_SECONDS: Final = 10.0
_MOST_BYTES: Final = 1024 * 1024
_TLS_HANDSHAKE: Final = b"\x16"  # the type of the first record (RFC 8446, 5.1)
_ANSWERS: Final = "/answers/"
_RETRY_AFTER_SECONDS: Final = "5"


class Receiver(ThreadingTCPServer):
    """Plays the services. A status in `answers`, by the destination, is answered instead of acceptance."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, inbox: Inbox) -> None:
        from scripts.local.receiver import certificate

        super().__init__((HOST, 0), _Exchange)
        self.inbox = inbox
        self.answers: dict[str, int] = {}
        self.tls = certificate.make()
        self.numbers = count(1)

    @property
    def port(self) -> int:
        """The port on this computer."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The URL of the page."""
        return f"http://{HOST}:{self.port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a broken connection, whose client has noticed it too."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Exchange(BaseHTTPRequestHandler):
    """One connection with one request."""

    server: Receiver
    timeout = _SECONDS
    disable_nagle_algorithm = True  # with it, an answer by TLS can wait 40 ms for an acknowledgement
    is_tls = False

    def setup(self) -> None:
        """Look whether the client begins with TLS."""
        connection: socket.socket = self.request
        connection.settimeout(_SECONDS)
        if connection.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            self.request = self.server.tls.context.wrap_socket(connection, server_side=True)
            self.is_tls = True
        super().setup()

    def finish(self) -> None:
        """End the connection, and the one of TLS with it."""
        super().finish()
        if isinstance(self.request, ssl.SSLSocket):
            self.request.close()

    def do_POST(self) -> None:
        """Play a service."""
        if not self.is_tls:
            return self._respond(HTTPStatus.NOT_FOUND)
        body, host = self._body(), self.headers.get("Host", "")
        played = services.recognized(host, self.path, body)
        status = self.server.answers.get(played.to, HTTPStatus.OK)
        if status == HTTPStatus.OK:
            answer = services.accepted(played.service, host, next(self.server.numbers))
        else:
            answer = services.PlayedAnswer(status)
        self.server.inbox.add(*played, answer.status)
        headers = {"Retry-After": _RETRY_AFTER_SECONDS} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
        return self._respond(answer.status, answer.body, **headers)

    def do_GET(self) -> None:
        """Return the page, or its messages as JSON; by TLS a user of Alma."""
        if self.is_tls and (user := services.alma_user(self.path)):
            status = self.server.answers.get("alma", user.status)
            return self._respond(status, user.body if status == user.status else b"", Content_Type="application/json")
        if self._is_own():
            messages = self.server.inbox.messages()
            if self.path == "/":
                return self._respond(HTTPStatus.OK, page(messages).encode(), Content_Type="text/html; charset=utf-8")
            if self.path == "/messages.json":
                data = json.dumps({"messages": [each.as_data() for each in messages]}).encode()
                return self._respond(HTTPStatus.OK, data, Content_Type="application/json")
        return self._respond(HTTPStatus.NOT_FOUND)

    def do_PUT(self) -> None:
        """Set what a destination answers from now on: `PUT /answers/DESTINATION` with a status; 200 is acceptance.

        A page of another origin cannot do that, because browsers ask before a PUT, and are not answered.
        """
        body = self._body()
        if not (self._is_own() and self.path.startswith(_ANSWERS)):
            return self._respond(HTTPStatus.NOT_FOUND)
        if not (body.isdigit() and 200 <= int(body) <= 599):
            return self._respond(HTTPStatus.BAD_REQUEST, b"expected a status from 200 to 599\n")
        self.server.answers[unquote(self.path.removeprefix(_ANSWERS))] = int(body)
        return self._respond(HTTPStatus.OK)

    def _is_own(self) -> bool:
        """Return whether the request is for the page: without TLS, and not by the name of another host."""
        return not self.is_tls and self.headers.get("Host") in {
            f"{name}:{self.server.port}" for name in (HOST, "localhost")
        }

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        return self.rfile.read(min(int(length), _MOST_BYTES) if length.isdecimal() else 0)

    def _respond(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name.replace("_", "-"), value)
        for name, value in (("Content-Security-Policy", POLICY), ("X-Content-Type-Options", "nosniff")):
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing: a path can be a secret."""


@contextmanager
def receiving(inbox: Inbox, *, poll_seconds: float = 0.1) -> Iterator[Receiver]:
    """Yield a receiver that serves until the end of the block, which it notices after `poll_seconds` at most."""
    with Receiver(inbox) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(poll_seconds,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()
