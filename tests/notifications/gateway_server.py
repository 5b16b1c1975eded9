"""An HTTP API on loopback before a function in this process: requests become events of payload 2.0."""

import base64
import http.server
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

Answer = Callable[[dict[str, Any]], dict[str, Any]]
"""Returns the gateway's response to an event."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server waits for them
    request_queue_size = 128

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", 0), GatewayRequest)


class GatewayRequest(http.server.BaseHTTPRequestHandler):
    """One request. HTTP/1.0, so that its thread ends with it."""

    server: _Server

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _serve(self) -> None:
        answer = self.server.answer(self._event())
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer["body"].encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_TRACE = do_QUERY = _serve  # noqa: N815

    def _event(self) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        names = {name.lower() for name in self.headers}
        is_text = self.headers.get_content_maintype() == "text" or self.headers.get_content_subtype() == "json"
        try:
            text = body.decode() if is_text else None
        except UnicodeDecodeError:
            text = None
        return {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {name: ",".join(self.headers.get_all(name, [])) for name in names},
            "requestContext": {"http": {"method": self.command, "path": path}, "stage": "$default"},
            "body": base64.b64encode(body).decode() if text is None else text,
            "isBase64Encoded": text is None,
        }


class GatewayServer:
    """Serves while the block runs."""

    def __init__(self, answer: Answer) -> None:
        self._server = _Server(answer)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
