"""The download of a certificate: over TLS, within a deadline, without redirects, and of a limited size."""

import socket
import ssl
import threading
import time
from functools import cache
from typing import Any

import pytest
import trustme

from notifications.certificate_download import MAX_BYTES, THREAD, CertificateDownload
from notifications.http_api import RejectedPost
from tests.loopback import Behaviour, Conversation, Loopback, answer, close, reset, say, stall

FILE = "/SimpleNotificationService-1.pem"
# The result never depends on these seconds: servers that respond do so at once, and others never end by themselves.
SHORT, LONG = 0.1, 20.0


@cache
def authority() -> trustme.CA:
    return trustme.CA()


def server(behaviour: Behaviour, host: str = "localhost") -> Loopback:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(host).configure_cert(context)
    return Loopback(behaviour, tls=context)


def client(*, trusts: bool = True) -> ssl.SSLContext:
    """Return the context of a client without the authorities of the system: reading them takes 20 ms."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trusts:
        authority().configure_trust(context)
    return context


def download(behaviour: Behaviour, seconds: float = LONG, *, trusts: bool = True, host: str = "localhost") -> bytes:
    with server(behaviour, host) as running:
        port = int(running.url.rpartition(":")[2])
        downloaded = CertificateDownload(seconds, port=port, context=client(trusts=trusts)).fetch(
            f"https://localhost{FILE}"
        )
        assert running.received[0].request == f"GET {FILE} HTTP/1.1"
        return downloaded


def file_of(size: int) -> Behaviour:
    return say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)


def failure(
    behaviour: Behaviour, seconds: float = LONG, *, trusts: bool = True, host: str = "localhost"
) -> RejectedPost:
    with pytest.raises(RejectedPost) as caught:
        download(behaviour, seconds, trusts=trusts, host=host)
    return caught.value


def test_a_file_is_read_up_to_the_limit() -> None:
    """A file of 64 KiB comes as it is; one byte more is too much, also without a length."""
    assert download(file_of(MAX_BYTES)) == b"x" * MAX_BYTES
    assert download(say(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 7)) == b"x" * 7
    assert failure(file_of(MAX_BYTES + 1)).status == 502
    assert failure(say(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3_000_000)).detail == "status 200, 65537 bytes"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_does_not_exist_is_the_fault_of_the_message(status: int) -> None:
    """SNS would name a file that exists, so that the message is rejected and not repeated."""
    rejected = failure(answer({}, status))
    assert (rejected.status, rejected.code) == (403, "sns-certificate")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_f80_no_redirect_is_followed(status: int) -> None:
    """The server gets one request, and the target of the redirect none."""
    with server(answer({})) as target:
        location = f"Location: {target.url}{FILE}\r\n"
        assert failure(answer({}, status, header=location)).status == 502
        assert target.received == []


@pytest.mark.parametrize(
    ("behaviour", "detail"),
    [
        (answer({}, 500), "status 500, 2 bytes"),
        (answer({}, 204), "status 204, 0 bytes"),
        (close, "RemoteDisconnected"),
        (reset, "RemoteDisconnected"),
        (say(b"hello\r\n\r\n"), "BadStatusLine"),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"), "truncated"),
        (say(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000), "LineTooLong"),
        (say(b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 100_000), "HTTPException"),
    ],
)
def test_any_other_answer_is_a_failure_of_the_download(behaviour: Behaviour, detail: str) -> None:
    """SNS repeats the message after a 502. The detail is a class or a status, and no text of the server."""
    rejected = failure(behaviour)
    assert (rejected.status, str(rejected)) == (502, "the certificate of SNS could not be read")
    # A server that closes with unread data resets the connection, and a client may see that first.
    assert rejected.detail in {detail, "ConnectionResetError"}


def test_a_server_that_cannot_prove_its_name_gets_no_request() -> None:
    """Neither an unknown authority nor a certificate for another name is accepted."""
    for rejected in (refused(trusts=False), refused(host="other.example")):
        assert (rejected.status, rejected.detail) == (502, "SSLCertVerificationError")


def refused(*, trusts: bool = True, host: str = "localhost") -> RejectedPost:
    with server(answer({}), host) as running:
        port = int(running.url.rpartition(":")[2])
        with pytest.raises(RejectedPost) as caught:
            CertificateDownload(LONG, port=port, context=client(trusts=trusts)).fetch(f"https://localhost{FILE}")
        assert running.received == []
    return caught.value


def drip(data: bytes) -> Behaviour:
    """Send one byte after the other, as long as the server runs."""

    def behave(conversation: Conversation) -> bool:
        conversation.send(data)
        while not conversation.waited(0.02):
            conversation.send(b"x")
        return False

    return behave


@pytest.mark.parametrize(
    "behaviour",
    [stall, drip(b"HTTP/1.1 200 OK\r\nX: "), drip(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"), drip(b"HT")],
)
def test_f80_nothing_outlasts_the_deadline(behaviour: Behaviour) -> None:
    """A server that says nothing, or a byte at a time, is left at the deadline, and the thread ends."""
    began = time.monotonic()
    with server(behaviour) as running:
        download = CertificateDownload(SHORT, port=int(running.url.rpartition(":")[2]), context=client())
        with pytest.raises(RejectedPost) as caught:
            download.fetch(f"https://localhost{FILE}")
        for thread in [each for each in threading.enumerate() if each.name == THREAD]:
            thread.join(LONG)
    assert (caught.value.status, caught.value.detail in {"deadline", "TimeoutError"}) == (502, True)
    assert time.monotonic() - began < LONG


def test_a_mute_server_is_left_during_the_handshake() -> None:
    """The deadline counts the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(RejectedPost) as caught:
        CertificateDownload(SHORT, port=mute.getsockname()[1]).fetch(f"https://localhost{FILE}")
    assert caught.value.status == 502


def test_f80_only_one_thread_can_outlast_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up that hangs cannot be ended, so no other download begins beside it, and it sends nothing afterwards."""
    is_over, look_up = threading.Event(), socket.getaddrinfo
    look_ups = []

    def hang(*arguments: Any) -> Any:
        look_ups.append(arguments)
        is_over.wait(LONG)
        return look_up("127.0.0.1", *arguments[1:])

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with server(answer({})) as running:
        download = CertificateDownload(SHORT, port=int(running.url.rpartition(":")[2]), context=client())
        details = []
        for number in range(3):
            with pytest.raises(RejectedPost) as caught:
                download.fetch(f"https://localhost{FILE}{number}")
            details.append(caught.value.detail)
        assert details == ["deadline", *["an earlier download has not ended"] * 2]
        assert len(look_ups) == 1
        is_over.set()
        for thread in [each for each in threading.enumerate() if each.name == THREAD]:
            thread.join(LONG)
        assert running.received == []
        monkeypatch.undo()
        assert download.fetch(f"https://localhost{FILE}") == b"{}"
