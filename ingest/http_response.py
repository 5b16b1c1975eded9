"""Reads one HTTP/1.1 response (RFC 9112) to its end.

http.client is not used: with its imports (email, urllib.parse) it would add 16 ms to a cold start of 55 ms.
"""

from __future__ import annotations

from collections.abc import Callable

from ingest.lite_namedtuple import NamedTuple

# Far above any expected response: an endless response must not fill the memory.
_MOST_BYTES = 4 * 1024 * 1024

_FINAL = 200  # and above: interim responses such as "100 Continue" come first
_NO_BODY = (204, 304)


class AnswerError(OSError):
    """The response is invalid or incomplete, so the connection is unusable."""


class NoAnswerError(AnswerError):
    """The connection ended before the first byte, as a kept connection does that the server has closed."""


class Response(NamedTuple):
    """A response. `keep_alive` means that the connection can be used for another request."""

    status: int
    body: bytes
    keep_alive: bool


class _Buffer:
    """A buffer of received bytes. `receive` returns the next ones, at least one, or none at the end."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._received = bytearray()
        self._taken = 0

    def __len__(self) -> int:
        return len(self._received) - self._taken

    def more(self) -> bool:
        """Receive more bytes; return False at the end."""
        came = self._receive()
        self._received += came
        if len(self._received) > _MOST_BYTES:
            raise AnswerError("The answer is too long.")
        return bool(came)

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        while len(self) < count:
            if not self.more():
                raise AnswerError("The answer broke off.")
        start, self._taken = self._taken, self._taken + count
        return bytes(self._received[start : self._taken])

    def line(self) -> str:
        """Return the next line, without its line end."""
        while (end := self._received.find(b"\n", self._taken)) < 0:
            if not self.more():
                raise AnswerError("The answer broke off.")
        start, self._taken = self._taken, end + 1
        return self._received[start:end].decode("latin-1").rstrip("\r")

    def rest(self) -> bytes:
        """Return everything up to the end."""
        while self.more():
            pass
        return self.take(len(self))


def read_response(receive: Callable[[], bytes]) -> Response:
    """Return the response that `receive` reads: at least one byte each time, none at the end. Raise AnswerError."""
    buffer = _Buffer(receive)
    if not buffer.more():
        raise NoAnswerError("The connection was closed.")
    while True:
        status, version = _status(buffer.line())
        fields = _fields(buffer)
        if status >= _FINAL:
            break
    closes = version == "HTTP/1.0" or "close" in fields.get("connection", "").lower()
    if status in _NO_BODY:
        body = b""
    elif "transfer-encoding" in fields:
        body = _chunks(buffer, fields["transfer-encoding"])
    elif "content-length" in fields:
        body = buffer.take(_number(fields["content-length"], 10))
    else:
        body, closes = buffer.rest(), True
    # Extra bytes would be read as the response to the next request.
    return Response(status, body, not closes and not len(buffer))


def _status(line: str) -> tuple[int, str]:
    version, _, rest = line.partition(" ")
    code = rest.partition(" ")[0]
    if version not in ("HTTP/1.1", "HTTP/1.0") or not (code.isascii() and code.isdecimal() and len(code) == len("200")):
        raise AnswerError("What came is no HTTP.")
    return int(code), version


def _fields(buffer: _Buffer) -> dict[str, str]:
    """Return the header lines by lower-case name, up to the empty line; duplicate and folded lines are joined."""
    fields: dict[str, str] = {}
    name = ""
    while line := buffer.line():
        if line[0] in " \t":
            value = line
        else:
            name, colon, value = line.partition(":")
            if not colon:
                raise AnswerError("A header line has no colon.")
            name = name.strip().lower()
        value = value.strip()
        fields[name] = f"{fields[name]} {value}".strip() if name in fields else value
    return fields


def _chunks(buffer: _Buffer, coding: str) -> bytes:
    if coding.lower() != "chunked":
        raise AnswerError("The answer is in a coding that was not asked for.")
    chunks = []
    while size := _number(buffer.line().partition(";")[0].strip(), 16):
        chunks.append(buffer.take(size))
        if buffer.line():
            raise AnswerError("A chunk is longer than it says.")
    _fields(buffer)  # trailers
    return b"".join(chunks)


def _number(digits: str, base: int) -> int:
    try:
        if digits.isalnum() and "x" not in digits.lower():  # int() takes signs, blanks, underscores and 0x too
            return int(digits, base)
    except ValueError:
        pass
    raise AnswerError("The answer says no length.")
