"""A proxy on 127.0.0.1 between the functions and the emulator that injects faults into calls of AWS.

It returns errors, delays calls and drops responses; everything else is passed on. Forms of errors: "Common Error Types"
in the API references of the services.
"""

import http.client
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from scripts.aws.ports import HOST
from scripts.devtools.soak.fault_plan import Call, FaultSchedule
from scripts.devtools.soak.soak_excuses import CallLedger, LedgerEntry

_DROPPED: Final = {"connection", "transfer-encoding", "content-length", "date", "server"}
_ACTION: Final = re.compile(rb"(?:^|&)Action=(\w+)")


@contextmanager
def fault_proxy(
    port: int, emulator_url: str, faults: FaultSchedule, ledger: CallLedger, *, poll_seconds: float = 0.1
) -> Iterator[str]:
    """Serve on a port, 0 for any; yield the URL. The end of the block is noticed after `poll_seconds` at most."""
    attributes = {"emulator": urlsplit(emulator_url), "faults": faults, "ledger": ledger}
    server = _Server((HOST, port), type("Handler", (_Handler,), attributes))
    thread = threading.Thread(target=server.serve_forever, args=(poll_seconds,), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Log nothing: killed workers leave their connections open."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    emulator: Any
    faults: FaultSchedule
    ledger: CallLedger
    _upstream: http.client.HTTPConnection | None = None
    _last: LedgerEntry | None = None

    def _serve(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        target = self.headers.get("X-Amz-Target", "")
        call = _call(target, self.command, content)
        entry = self._last = self.ledger.began(call)
        fault = self.faults.decide(call)
        if fault and fault.code:
            self.faults.happened(call, fault)
            self._answer(fault.status, *_error(fault.code, target))
            return
        if fault:
            time.sleep(fault.delay)
        answer = self._handed_on(content)
        self.ledger.answered(entry, call, answer[0], answer[2])
        if fault:
            self.faults.happened(call, fault)
        if fault and fault.loses_answer:
            self.close_connection = True
        else:
            self._answer(*answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815 - the standard library's names

    def _handed_on(self, content: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._upstream is None:
            self._upstream = http.client.HTTPConnection(self.emulator.hostname, self.emulator.port)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        self._upstream.request(self.command, self.path, content, headers)
        response = self._upstream.getresponse()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in _DROPPED}
        return response.status, kept, response.read()

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def finish(self) -> None:
        if self._last is not None:
            self.ledger.unread(self._last)
        super().finish()
        if self._upstream:
            self._upstream.close()

    def log_message(self, *_: object) -> None:
        """Log nothing: requests hold bodies."""


def _call(target: str, method: str, content: bytes) -> Call:
    if target:
        prefix, _, operation = target.rpartition(".")
        services = {"AmazonSQS": "sqs", "AmazonSSM": "ssm", "AWSStepFunctions": "states", "AWSEvents": "events"}
        return Call(f"{services.get(prefix, 'dynamodb')}:{operation}", content)
    if action := _ACTION.search(content):
        return Call(f"sns:{action[1].decode()}", content)
    return Call(f"s3:{method}", content)


def _error(code: str, target: str) -> tuple[dict[str, str], bytes]:
    if target:
        return {"Content-Type": "application/x-amz-json-1.0"}, b'{"__type": "%s", "message": "a fault"}' % code.encode()
    error = f"<Code>{code}</Code><Message>a fault</Message>"
    return {"Content-Type": "text/xml"}, f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()
