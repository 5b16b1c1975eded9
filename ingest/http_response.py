"""Reads one answer of HTTP/1.1 to its end (RFC 9112), from bytes as they come. Opens, sends and waits for nothing.

Not http.client: with what it imports (email, urllib.parse) it takes a cold start as long as TLS does (16 ms of 55).
"""

from __future__ import annotations

from collections.abc import Callable

from ingest.lite_namedtuple import NamedTuple

# Far above any answer to what is asked here: a server that does not end must not fill the memory.
_MOST_BYTES = 4 * 1024 * 1024

_FINAL = 200  # and above: "100 Continue" and its like come before the answer itself
_NO_BODY = (204, 304)


class AnswerError(OSError):
    """What came is not an answer, or not a whole one: the connection is of no use any more."""


class NoAnswerError(AnswerError):
    """The connection ended before a byte of an answer: so ends one that was kept and that the server has given up."""


class Response(NamedTuple):
    """`keep_alive`: the connection can take another request."""

    status: int
    body: bytes
    keep_alive: bool


class _Bytes:
    """What has come and was not taken yet. `receive` gives what comes next, at least a byte; none at the end."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._come = bytearray()
        self._left = _MOST_BYTES

    def __len__(self) -> int:
        return len(self._come)

    def more(self) -> bool:
        """Waits for more; False at the end."""
        came = self._receive()
        self._come += came
        self._left -= len(came)
        if self._left < 0:
            raise AnswerError("The answer is too long.")
        return bool(came)

    def take(self, count: int) -> bytes:
        """So many bytes."""
        while len(self._come) < count:
            if not self.more():
                raise AnswerError("The answer broke off.")
        taken = bytes(self._come[:count])
        del self._come[:count]
        return taken

    def line(self) -> str:
        """The next line, without its end."""
        while (end := self._come.find(b"\n")) < 0:
            if not self.more():
                raise AnswerError("The answer broke off.")
        return self.take(end + 1).decode("latin-1").rstrip("\r\n")

    def rest(self) -> bytes:
        """All that comes."""
        while self.more():
            pass
        return self.take(len(self._come))


def read_response(receive: Callable[[], bytes]) -> Response:
    """The answer whose bytes `receive` gives: at least one each time, none at the end. Raises AnswerError."""
    come = _Bytes(receive)
    if not come.more():
        raise NoAnswerError("The connection was closed.")
    while True:
        status, version = _status(come.line())
        fields = _fields(come)
        if status >= _FINAL:
            break
    closes = version == "HTTP/1.0" or "close" in fields.get("connection", "").lower()
    if status in _NO_BODY:
        body = b""
    elif "transfer-encoding" in fields:
        body = _chunks(come, fields["transfer-encoding"])
    elif "content-length" in fields:
        body = come.take(_number(fields["content-length"], 10))
    else:
        body, closes = come.rest(), True
    # Bytes that nobody asked for would be taken for the answer to the next request.
    return Response(status, body, keep_alive=not closes and not len(come))


def _status(line: str) -> tuple[int, str]:
    version, _, rest = line.partition(" ")
    code = rest.partition(" ")[0]
    if version not in ("HTTP/1.1", "HTTP/1.0") or not (code.isascii() and code.isdecimal() and len(code) == len("200")):
        raise AnswerError("What came is no HTTP.")
    return int(code), version


def _fields(come: _Bytes) -> dict[str, str]:
    """Header lines by name in lower case, up to the empty one; what stands twice or is folded, as one."""
    fields: dict[str, str] = {}
    name = ""
    while line := come.line():
        if line[0] in " \t":
            value = line
        else:
            name, colon, value = line.partition(":")
            if not colon:
                raise AnswerError("A header line has no colon.")
            name = name.strip().lower()
        fields[name] = f"{fields.get(name, '')} {value.strip()}".strip()
    return fields


def _chunks(come: _Bytes, coding: str) -> bytes:
    if coding.lower() != "chunked":
        raise AnswerError("The answer is in a coding that was not asked for.")
    chunks = []
    while size := _number(come.line().partition(";")[0].strip(), 16):
        chunks.append(come.take(size))
        if come.line():
            raise AnswerError("A chunk is longer than it says.")
    _fields(come)  # trailers
    return b"".join(chunks)


def _number(digits: str, base: int) -> int:
    try:
        if digits.isalnum() and "x" not in digits.lower():  # int() takes signs, blanks, underscores and 0x too
            return int(digits, base)
    except ValueError:
        pass
    raise AnswerError("The answer says no length.")
