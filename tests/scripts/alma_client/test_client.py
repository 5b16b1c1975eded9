"""Signing and posting, against a server on this computer."""

import base64
import json
from collections.abc import Callable
from http.client import HTTPConnection

import pytest

from scripts.alma_client.client import ChallengeResult, ask, post, signature
from scripts.cli.exit_codes import ConfigurationError, FailedError
from tests.loopback import Loopback, stall
from tests.scripts.deploy.test_listeners import listener
from tests.scripts.local.loopback import serving


def test_the_signature_is_that_of_the_whole_body() -> None:
    """RFC 4231's second test case, in Base64."""
    digest = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    key = "Jefe"
    assert signature(b"what do ya want for nothing?", secret=key) == base64.b64encode(digest).decode()


def test_the_bytes_arrive_as_they_are() -> None:
    """No byte is changed on the way, and the header is Alma's."""
    body = b'{"progress":209.0,\r\n "a":"\xc3\xa9\x00\xff"}\n'
    with serving(200, b'{"receipt_id":"r-1"}') as server:
        reply = post(server.url + "/webhooks/alma?x=1", body, signed="c2ln")
    [request] = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/webhooks/alma?x=1", body)
    assert request.headers["x-exl-signature"] == "c2ln"
    assert request.headers["content-type"] == "application/json"
    assert (reply.status, reply.receipt_id, reply.error) == (200, "r-1", None)
    assert reply.seconds > 0


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b'{"error":"The signature is wrong."}', "The signature is wrong."),
        (500, b"<html>", "Internal Server Error"),
        (401, b"[1]", "Unauthorized"),
        (599, b"", "599"),
        (400, b'{"error":"a\\u001b[31mb"}', "a\\x1b[31mb"),
    ],
)
def test_a_rejected_request_has_its_sentence(status: int, body: bytes, error: str) -> None:
    """The pipeline's own, else the status's; nothing in it can move a terminal's cursor."""
    with serving(status, body) as server:
        reply = post(server.url, b"{}", signed="")
    assert (reply.status, reply.receipt_id, reply.error) == (status, None, error)


def test_redirects_are_not_followed() -> None:
    """Alma would not follow one either."""
    with serving(302) as server:
        assert post(server.url, b"{}", signed="").status == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://h/", "http://", "http://h:x/", "http://h:0/", "http://h/ b", "http://h/\n"]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """One sentence that shows what one looks like."""
    with pytest.raises(
        ConfigurationError, match="is not a webhook URL; it must look like https://HOST/webhooks/PROFILE"
    ):
        post(url, b"{}", signed="")


def test_no_answer_is_a_failure() -> None:
    """Nobody listens there."""
    with pytest.raises(FailedError, match=r"Nothing listens at http://127\.0\.0\.1:9\. Start the emulator"):
        post("http://127.0.0.1:9/", b"{}", signed="")


def test_a_missing_response_times_out() -> None:
    """A listener that accepts the request and never responds causes a FailedError."""
    with Loopback(stall) as server, pytest.raises(FailedError, match=r"No response from .*: timed out"):
        post(server.url, b"{}", signed="", timeout=0.05)


def test_the_default_timeout_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times as long as Alma, to show how much too slow an answer was; or the given time."""
    waits = []

    class Connection(HTTPConnection):
        def __init__(self, host: str, port: int | None, timeout: float) -> None:
            waits.append(timeout)
            super().__init__(host, port, timeout=timeout)

    monkeypatch.setattr("http.client.HTTPConnection", Connection)
    with serving() as server:
        post(server.url, b"{}", signed="")
        post(server.url, b"{}", signed="", timeout=5.0)
    assert waits == [15.0, 5.0]


def right(_: int, challenge: str) -> tuple[int, str]:
    return 200, json.dumps({"challenge": challenge})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (right, ChallengeResult(200, is_right=True)),
        (lambda *_: (200, '{"challenge": "another"}'), ChallengeResult(200, is_right=False)),
        (lambda *_: (200, "no JSON"), ChallengeResult(200, is_right=False)),
        (lambda number, challenge: (503, right(number, challenge)[1]), ChallengeResult(503, is_right=False)),
        (lambda number, challenge: (302, right(number, challenge)[1]), ChallengeResult(302, is_right=False)),
    ],
)
def test_only_200_with_the_challenge_is_right(
    answer: Callable[[int, str], tuple[int, str]], expected: ChallengeResult
) -> None:
    """Alma takes nothing else, and follows no redirect."""
    with listener(answer) as url:
        assert ask(url) == expected


def test_what_gives_no_answer_is_an_error() -> None:
    """Nobody listens there; and what is not a webhook URL is said to be none."""
    with pytest.raises(OSError, match="refused"):
        ask("http://127.0.0.1:9/webhooks/alma")
    with pytest.raises(ConfigurationError, match="is not a webhook URL"):
        ask("webhooks/alma")
