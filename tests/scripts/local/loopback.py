"""A web server on 127.0.0.1 for tests: it keeps requests and sends the given answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import NamedTuple


class Request(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Server:
    """Answers every request with one status and body."""

    def __init__(self, status: int, body: bytes) -> None:
        self.requests: list[Request] = []
        self.answer = (status, body)
        self.port = 0

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(status: int = 200, body: bytes = b"{}") -> Iterator[Server]:
    """A server for the length of the block."""
    server = Server(status, body)

    class Handler(BaseHTTPRequestHandler):
        def handle_all(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.requests.append(Request(self.command, self.path, headers, self.rfile.read(length)))
            self.send_response(server.answer[0])
            self.send_header("Content-Length", str(len(server.answer[1])))
            self.end_headers()
            self.wfile.write(server.answer[1])

        do_GET = do_POST = handle_all  # noqa: N815 -- the names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
            """Nothing: pytest shows what matters."""

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.port = listening.server_port
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
