"""A TLS server on 127.0.0.1 that gives fixed AWS responses immediately, in a thread of the benchmark.

Its certificate authority is created for the run: RSA with 2048 bits, as AWS' endpoints in most regions have, so that a
handshake costs what it costs there.
"""

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeVar

import trustme

from benchmarks.answers import Answers

ResultT = TypeVar("ResultT")

_HOST: Final = "127.0.0.1"
_BUFFER_BYTES: Final = 1_000_000
_RESET: Final = struct.pack("ii", 1, 0)
# A server says that it closes, and does not wait until the client says the same.
_CLOSE_SECONDS: Final = 0.01

Disturbance = Literal["close", "reset", "mute"]
"""What happens to connections: closed as HTTP servers do, reset without notice, or never answered again."""


class Stub:
    """Serves while entered. `authority` is the certificate in PEM that clients must trust."""

    port: int

    def __init__(self) -> None:
        authority = trustme.CA(key_type=trustme.KeyType.RSA)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", _HOST, key_type=trustme.KeyType.RSA).configure_cert(self._tls)
        self.authority: Final = authority.cert_pem.bytes().decode()
        self._answers = Answers()
        self._open: set[asyncio.StreamWriter] = set()
        self._mute: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_report_error)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.set_exception_handler(lambda *_: None)  # connections that are still open now are not errors
        self._run(self._disturb("reset"))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        self._loop.close()

    def counts(self) -> dict[str, int]:
        """Return the calls by service and operation since the last request of this kind."""
        counts = dict(self._answers.counts)
        self._answers.counts.clear()
        return counts

    def disturb(self, how: Disturbance) -> None:
        """Disturb every open connection, and wait until it has happened."""
        self._run(self._disturb(how))

    def _run(self, coroutine: Coroutine[None, None, ResultT]) -> ResultT:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, _HOST, 0, ssl=self._tls, limit=_BUFFER_BYTES, ssl_shutdown_timeout=_CLOSE_SECONDS
        )
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status, kind, answer = self._answers.answer(head[0].split(" ")[1], headers, body)
                if writer not in self._mute:
                    fields = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n"
                    writer.write(fields.encode() + answer)
        self._open.discard(writer)
        self._mute.discard(writer)
        writer.close()

    async def _disturb(self, how: Disturbance) -> None:
        for writer in [*self._open]:
            if how == "mute":
                self._mute.add(writer)
                continue
            if how == "reset":
                if plain := writer.get_extra_info("socket"):  # none if the client has just closed it
                    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                writer.transport.abort()
            else:
                writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _report_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report an error as asyncio does, except for a connection that the client has closed."""
    if not isinstance(context.get("exception"), ConnectionError):
        loop.default_exception_handler(context)
