"""HTTP responses: every format of AWS services and load balancers, cut anywhere, and invalid responses."""

import http.client
import io
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.http_response import AnswerError, NoAnswerError, Response, read_response

SQS = (
    b"HTTP/1.1 200 OK\r\n"
    b"x-amzn-RequestId: 5dc33c2f-3f2b-5ba8-9b0b-5d0f1f2c3b1e\r\n"
    b"Date: Tue, 24 Nov 2026 20:29:48 GMT\r\n"
    b"Content-Type: application/x-amz-json-1.0\r\n"
    b"content-length: 17\r\n"
    b"connection: keep-alive\r\n"
    b"\r\n"
    b'{"MessageId":"1"}'
)

ANSWERS = {
    "with its length": (SQS, Response(200, b'{"MessageId":"1"}', keep_alive=True)),
    "empty": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: x\r\n\r\n", Response(200, b"", keep_alive=True)),
    "in chunks": (
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n10;x=y\r\n0123456789abcdef\r\n0\r\n\r\n',
        Response(200, b'{"a":0123456789abcdef', keep_alive=True),
    ),
    "in chunks with a trailer": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\nX-Amz-Checksum: y\r\n\r\n",
        Response(200, b"x", keep_alive=True),
    ),
    "up to the end": (b"HTTP/1.1 200 OK\r\n\r\n{}", Response(200, b"{}", keep_alive=False)),
    "marked as the last": (
        b"HTTP/1.1 400 Bad Request\r\nConnection: Close\r\nContent-Length: 2\r\n\r\n{}",
        Response(400, b"{}", keep_alive=False),
    ),
    "in chunks and the last": (
        b"HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        Response(503, b"{}", keep_alive=False),
    ),
    "marked as the last among other words": (
        b"HTTP/1.1 200 OK\r\nConnection: close, x:y\r\nContent-Length: 2\r\n\r\n{}",
        Response(200, b"{}", keep_alive=False),
    ),
    "with a folded line of blanks": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n \r\n\r\n{}",
        Response(200, b"{}", keep_alive=True),
    ),
    "of HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", Response(200, b"{}", keep_alive=False)),
    "without a body": (b"HTTP/1.1 204 No Content\r\n\r\n", Response(204, b"", keep_alive=True)),
    "without a reason": (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", Response(200, b"", keep_alive=True)),
    "after 100 Continue": (
        b"HTTP/1.1 100 Continue\r\n\r\n" + SQS,
        Response(200, b'{"MessageId":"1"}', keep_alive=True),
    ),
    "with bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", Response(200, b"{}", keep_alive=True)),
    "with a folded line": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: a\r\n\tb\r\n Content-Length: 1\r\n\r\n{}",
        Response(200, b"{}", keep_alive=True),
    ),
    "with both connection headers": (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
        Response(200, b"{}", keep_alive=False),
    ),
    "with unexpected data": (SQS + b"HTTP/1.1 200", Response(200, b'{"MessageId":"1"}', keep_alive=False)),
}


def receiver(pieces: Iterable[bytes]) -> Callable[[], bytes]:
    """Returns a function that receives the pieces and then nothing, as a closed socket."""
    remaining = iter(pieces)
    return lambda: next(remaining, b"")


@pytest.mark.parametrize(("data", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_a_response_is_read_to_its_end_in_any_pieces(data: bytes, expected: Response) -> None:
    """A response is read whole, byte by byte and in two pieces, with its keep_alive."""
    assert read_response(receiver([data])) == expected
    if not data.endswith(b"200"):  # unexpected data is detected only if it has arrived
        assert read_response(receiver(bytes([byte]) for byte in data)) == expected
        for cut in range(1, len(data)):
            assert read_response(receiver([data[:cut], data[cut:]])) == expected


@pytest.mark.parametrize("name", [name for name in ANSWERS if name not in {"up to the end"}])
def test_a_response_that_breaks_off_is_an_error(name: str) -> None:
    """A partial response is never taken for a complete one, and an end before it is another error."""
    data, expected = ANSWERS[name]
    whole = len(data) - (len(b"HTTP/1.1 200") if "unexpected" in name else 0)
    with pytest.raises(NoAnswerError, match=r"^The connection was closed\.$"):
        read_response(receiver([]))
    for cut in range(1, whole):
        with pytest.raises(AnswerError, match=r"^The answer broke off\.$") as broken:
            read_response(receiver([data[:cut]]))
        assert not isinstance(broken.value, NoAnswerError)
    assert read_response(receiver([data[:whole]])) in (expected, expected._replace(keep_alive=True))


def test_a_response_is_not_read_beyond_its_end() -> None:
    """A kept connection sends nothing after a response, and waiting for more would use up the time."""
    pieces = iter([SQS])
    assert read_response(lambda: next(pieces)).status == 200  # a second call would raise StopIteration


@pytest.mark.parametrize(
    "invalid",
    [
        b"invalid\r\n\r\n",
        b"\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2OO OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 ²²² OK\r\n\r\n".encode("latin-1"),
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789",
        b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\n{}x",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunkedX\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
    ],
)
def test_an_invalid_response_is_an_error(invalid: bytes) -> None:
    """An invalid response is not interpreted, and the error quotes nothing of it."""
    with pytest.raises(AnswerError) as rejected:
        read_response(receiver([invalid]))
    assert str(rejected.value) in {
        *("What came is no HTTP.", "A header line has no colon.", "The answer says no length."),
        *("The answer is in a coding that was not asked for.", "A chunk is longer than it says."),
    }


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n"]
)
def test_a_response_without_end_is_an_error(start: bytes) -> None:
    """Every part of a response has a size limit; the caller limits the time."""
    taken = 0

    def receive() -> bytes:
        nonlocal taken
        taken += 1
        return start if start and taken == 1 else b"x" * 65536

    with pytest.raises(AnswerError, match=r"^The answer is too long\.$"):
        read_response(receive)
    assert taken < 100


def test_exceptions_of_the_socket_are_raised() -> None:
    """A timeout of the socket is raised unchanged."""

    def receive() -> bytes:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        read_response(receive)


class Recorded:
    """The part of a socket that http.client reads."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self._data)


LINES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
BODIES = st.binary(max_size=40)


@given(
    st.sampled_from([200, 204, 400, 403, 500, 503]),
    st.dictionaries(LINES.filter(lambda name: ":" not in name).map(lambda name: f"X-{name}"), LINES, max_size=3),
    st.lists(BODIES.filter(len), max_size=3),
    st.sampled_from(["length", "chunks", "end"]),
    st.sampled_from(["", "Connection: close\r\n", "Connection: keep-alive\r\n"]),
    st.data(),
)
def test_responses_are_read_as_by_http_client(
    status: int, headers: dict[str, str], parts: list[bytes], form: str, connection: str, data: st.DataObject
) -> None:
    """Status, body and keep_alive are those of Python's client, for every format, cut anywhere."""
    body = b"" if status == 204 else b"".join(parts)
    head = f"HTTP/1.1 {status} X\r\n{connection}" + "".join(f"{name}: {text}\r\n" for name, text in headers.items())
    if form == "chunks" and status != 204:
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
        sent = head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    else:
        length = b"" if form == "end" else b"Content-Length: %d\r\n" % len(body)
        sent = head.encode() + length + b"\r\n" + body
    cut = data.draw(st.integers(1, len(sent)))
    python_response = http.client.HTTPResponse(Recorded(sent))  # type: ignore[arg-type]  # only the methods that are used
    python_response.begin()
    expected = Response(python_response.status, python_response.read(), keep_alive=not python_response.will_close)
    assert read_response(receiver([sent[:cut], sent[cut:]])) == expected
