"""Test the challenge against a listener on loopback."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from scripts.doctor.finding import Finding
from scripts.doctor.listener import checks
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNHEALTHY, found

Look = Callable[[int, str], Finding]


@pytest.fixture
def look(subject: Subject) -> Iterator[Look]:
    """Return the finding for a listener with this response; CHALLENGE stands for the challenge sent."""
    answer: list[tuple[int, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            assert parts.path in {"/webhooks/alma", "/webhooks/consortium"}
            [challenge] = parse_qs(parts.query)["challenge"]
            status, body = answer[-1]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.replace("CHALLENGE", challenge).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def asked(status: int, body: str) -> Finding:
        answer.append((status, body))
        url = f"http://127.0.0.1:{server.server_port}/webhooks/"
        stack = subject.scope.stack._replace(outputs=subject.scope.stack.outputs | {"WebhookUrlBase": url})
        return found(checks, subject._replace(scope=subject.scope._replace(stack=stack)))[0]

    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_listener_that_answers_the_challenge_is_healthy(look: Look) -> None:
    """It must return the challenge that was sent."""
    finding = look(200, '{"challenge":"CHALLENGE"}')
    assert (finding.state, finding.fix) == (OK, "")
    assert finding.message.endswith("/webhooks/alma answers the challenge")


@pytest.mark.parametrize(
    ("status", "body", "fix"),
    [
        (503, '{"error":"x"}', "alma-webhooks secret status alma --stage dev"),
        (404, '{"error":"x"}', "read the log of ingest: ingest"),
        (200, '{"challenge":"another"}', "read the log of ingest"),
        (200, "<html>", "read the log of ingest"),
        (201, '{"challenge":"CHALLENGE"}', "read the log of ingest"),
    ],
)
def test_another_answer_is_unhealthy(look: Look, status: int, body: str, fix: str) -> None:
    """Alma could not activate the profile; 503 most likely means that the secret is missing."""
    finding = look(status, body)
    assert (finding.state, finding.fix[: len(fix)]) == (UNHEALTHY, fix)
    assert f" answers {status} " in finding.message


def test_an_unreachable_listener_is_unhealthy(subject: Subject) -> None:
    """This covers a closed port and an invalid address."""
    for url in ("http://127.0.0.1:9/webhooks/", "no address/"):
        stack = subject.scope.stack._replace(outputs=subject.scope.stack.outputs | {"WebhookUrlBase": url})
        findings = found(checks, subject._replace(scope=subject.scope._replace(stack=stack)))
        assert [finding.state for finding in findings] == [UNHEALTHY, UNHEALTHY]
        assert all(f"{url}alma does not respond: " in finding.message for finding in findings[:1])
