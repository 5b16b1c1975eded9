"""Lambda's Runtime API on loopback ("Using the Lambda runtime API for custom runtimes", AWS Lambda Developer Guide)."""

import http.server
import json
import queue
import sys
import threading
import time
import uuid
from typing import Any, NamedTuple

_DEADLINE_SECONDS = 30
_PARENT = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"


class Posted(NamedTuple):
    """A post of the runtime client: `response`, `error` or `init/error`, and its JSON body."""

    kind: str
    body: Any


class _Server(http.server.ThreadingHTTPServer):
    """A server of an API, whose client is killed while it waits for an event."""

    def __init__(self, api: "RuntimeApi") -> None:
        self.api = api
        super().__init__(("127.0.0.1", 0), RuntimeRequest)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about a closed connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class RuntimeRequest(http.server.BaseHTTPRequestHandler):
    """One request of the runtime client."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        """Answer with the next event, and wait for it."""
        event = self.server.api.events.get()
        if event is not None:
            self._answer(200, json.dumps(event).encode(), **_invocation_headers())

    def do_POST(self) -> None:
        """Keep what the client posts."""
        body = json.loads(self._body() or b"null")
        kind = "init/error" if self.path.endswith("init/error") else self.path.rpartition("/")[2]
        self._answer(202, b"{}")
        self.server.api.posted.put(Posted(kind, body))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class RuntimeApi:
    """The Runtime API: hands out the events that `invoke` gets, and collects what the client posts."""

    def __init__(self) -> None:
        self.events: queue.Queue[Any] = queue.Queue()
        self.posted: queue.Queue[Posted] = queue.Queue()
        self.server = _Server(self)
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """End the server and the request that waits for an event."""
        self.events.put(None)
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


def _invocation_headers() -> dict[str, str]:
    return {
        "Lambda_Runtime_Aws_Request_Id": str(uuid.uuid4()),
        "Lambda_Runtime_Deadline_Ms": str(int((time.time() + _DEADLINE_SECONDS) * 1000)),
        "Lambda_Runtime_Invoked_Function_Arn": "arn:aws:lambda:us-east-1:000000000000:function:f",
        "Lambda_Runtime_Trace_Id": _PARENT,
        "Content_Type": "application/json",
    }
