"""A receiver of batches on this computer: verifies signatures, keeps each record once, and drops repeated keys."""

import http.server
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, NamedTuple, Self

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

HOST: Final = "127.0.0.1"


class ReceivedBatch(NamedTuple):
    """A batch that was accepted: its key and its records, one line each."""

    key: str
    records: tuple[bytes, ...]


class BatchReceiver:
    """Serves in a thread. `batches` are those that were accepted, without repeated ones; `repeated` counts these.

    `show` is called with each new batch.
    """

    def __init__(
        self, tls: ssl.SSLContext, secret: str, show: Callable[[ReceivedBatch], None] = lambda _: None
    ) -> None:
        self.batches: dict[str, ReceivedBatch] = {}
        self.repeated = 0
        self._secret = secret
        self._show = show
        self._server = _Server((HOST, 0), _Handler)
        self._server.take = self._take
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """The port on this computer."""
        return int(self._server.server_address[1])

    @property
    def records(self) -> list[bytes]:
        """The records of all batches in the order of their arrival."""
        return [record for batch in self.batches.values() for record in batch.records]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, body: bytes, headers: dict[str, str]) -> int:
        try:
            Webhook(self._secret).verify(body, headers, json_parse=False)
        except WebhookVerificationError:
            return 401
        key = headers["webhook-id"]
        if key in self.batches:
            self.repeated += 1
            return 200
        self.batches[key] = ReceivedBatch(key, tuple(body.splitlines()))
        self._show(self.batches[key])
        return 200


class _Server(http.server.ThreadingHTTPServer):
    """Passes each body on."""

    daemon_threads = True
    take: Callable[[bytes, dict[str, str]], int]


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the status only."""

    server: _Server

    def do_POST(self) -> None:
        """Take a batch."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(self.server.take(body, {name.lower(): value for name, value in self.headers.items()}))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the library
        """Write nothing."""
