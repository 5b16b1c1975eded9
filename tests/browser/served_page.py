"""Serves one page of our own on another port, as another site on this computer would."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
_GOOD: Final = (
    "<!doctype html><html lang=en><title>Page</title><link rel=icon href=/icon.svg><main><h1>Page</h1>{}</main>"
)
_ICON: Final = ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>")


def _handler(body: str, script: str, policy: str, other: tuple[str, str]) -> type[http.server.BaseHTTPRequestHandler]:
    """Return a handler that serves a page with this body, this text as its script, and this at any other path."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = {"/": ("text/html", _GOOD.format(body)), "/s.js": ("text/javascript", script)}
            kind, text = known.get(self.path, other)
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            return

    return Handler


@contextmanager
def served(
    body: str = "", script: str = "", policy: str = POLICY, port: int = 0, other: tuple[str, str] = _ICON
) -> Iterator[str]:
    """Serve a page and return its URL. At any path but `/` and `/s.js` is `other`, a type and a text."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _handler(body, script, policy, other))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
